/** npm's `mqtt` as these tests use it: no reconnecting, messages in order, the end of the connection awaited. */

import { readFileSync } from "node:fs";
import { type IClientOptions, type IConnackPacket, type IPublishPacket, type MqttClient, connect as mqtt } from "mqtt";
import { onTestFinished } from "vitest";
import type { RealBroker, Way } from "./real-broker.ts";

/** Protocol level: 3.1, 3.1.1 or 5.0. */
export type Version = 3 | 4 | 5;

/** A connected client of mqtt.js. */
export class MqttJs {
  readonly client: MqttClient;
  readonly connack: IConnackPacket;
  readonly #messages: IPublishPacket[];
  #wake: () => void = () => {};

  private constructor(client: MqttClient, connack: IConnackPacket, messages: IPublishPacket[]) {
    this.client = client;
    this.connack = connack;
    this.#messages = messages;
    client.on("message", () => this.#wake());
    client.on("close", () => this.#wake());
  }

  /** Connects; rejects when the broker refuses. The connection ends with the test. */
  static async connect(
    { authority, ports }: RealBroker,
    way: Exclude<Way, "unix">,
    version: Version,
    options: IClientOptions = {},
  ): Promise<MqttJs> {
    const protocol = way === "tcp" ? "mqtt" : way === "tls" ? "mqtts" : way;
    const client = mqtt({
      protocol,
      host: "127.0.0.1",
      port: ports[way],
      path: "/mqtt",
      ca: [readFileSync(authority)],
      protocolVersion: version,
      protocolId: version === 3 ? "MQIsdp" : "MQTT",
      reconnectPeriod: 0,
      ...options,
    });
    onTestFinished(() => {
      client.end(true);
    });
    const messages: IPublishPacket[] = []; // what is queued may come together with the CONNACK
    client.on("message", (_topic, _payload, packet) => messages.push(packet));
    const connack = await new Promise<IConnackPacket>((resolve, reject) => {
      client.once("connect", resolve);
      client.once("error", reject);
      client.once("close", () => reject(new Error("closed before CONNACK")));
    });
    client.on("error", () => {}); // "close" follows
    return new MqttJs(client, connack, messages);
  }

  /** The next message, its payload as text beside it. */
  async next(): Promise<IPublishPacket & { text: string }> {
    while (this.#messages.length === 0) {
      if (this.client.disconnected) throw new Error("the connection ended before a message came");
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const packet = this.#messages.shift() as IPublishPacket;
    return { ...packet, text: String(packet.payload) };
  }

  /** Messages that came and nobody asked for. */
  get unread(): readonly IPublishPacket[] {
    return this.#messages;
  }

  /** DISCONNECT and close. */
  async end(): Promise<void> {
    await this.client.endAsync();
  }

  /** The connection breaks. */
  drop(): void {
    this.client.stream.destroy();
  }
}
