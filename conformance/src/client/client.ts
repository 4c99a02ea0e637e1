/** One connection to the broker: sends any bytes, decodes strictly what comes back, and waits for it. */

import { connect as openSocket, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { bytes, type Part } from "../bytes/bytes.ts";
import * as build from "../bytes/packets.ts";
import { Conversation } from "./conversation.ts";
import type { Packet, PacketName } from "./packet.ts";
import { stalledSince } from "./stalls.ts";
import { StrictDecoder } from "./strict-decoder.ts";

/** How long a broker may take to answer, in milliseconds; and what the machine kept us waiting besides. */
const PATIENCE = 10_000;

/** Subscription as tests write it: a filter, or a filter with its options byte. Without one: QoS 2, or 1 at most. */
export type Wanted = string | build.Filter;

/** A client. */
export class Client {
  readonly version: build.Version;
  readonly stream: Duplex;
  readonly options: build.ConnectOptions;
  readonly conversation: Conversation;
  /** The accepted CONNACK, once there is one. */
  connack: Packet | undefined;
  /** What came and was not taken. */
  readonly inbox: Packet[] = [];
  ended = false;
  /** Milliseconds to wait before "nothing came" is believed: some brokers answer a ping before they deliver. */
  grace = 0;
  readonly #decoder: StrictDecoder;
  readonly #watchers: Set<() => void> = new Set();
  #failure: Error | undefined;
  #lastId = 0;

  constructor(version: build.Version, stream: Duplex, options: build.ConnectOptions) {
    this.version = version;
    this.stream = stream;
    this.options = options;
    this.conversation = new Conversation(version, options);
    this.#decoder = new StrictDecoder(version);
    stream.on("data", (chunk: Buffer) => this.#received(chunk));
    stream.on("error", () => this.#end());
    stream.on("end", () => this.#end());
    stream.on("close", () => this.#end());
  }

  /** What the broker did wrong so far. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  #received(chunk: Buffer): void {
    if (this.#failure !== undefined) return;
    try {
      this.#decoder.push(chunk);
      for (let packet = this.#decoder.next(); packet !== undefined; packet = this.#decoder.next()) {
        this.conversation.received(packet);
        this.inbox.push(packet);
      }
    } catch (error) {
      this.#failure = error as Error;
    }
    this.#wake();
  }

  #end(): void {
    this.ended = true;
    this.#wake();
  }

  #wake(): void {
    for (const watch of [...this.#watchers]) watch();
  }

  /** Waits until `ready` answers something; rejects with what the broker did instead. */
  #until<T>(what: string, ready: () => T | undefined, patience: number = PATIENCE): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#watchers.delete(watch);
        settle();
      };
      const watch = (): void => {
        const found = this.#failure === undefined ? ready() : undefined;
        if (this.#failure !== undefined) finish(() => reject(this.#failure));
        else if (found !== undefined) finish(() => resolve(found));
        else if (this.ended)
          finish(() => reject(new Error(`wanted ${what}, the broker closed the connection${this.#seen()}`)));
      };
      const began = Date.now();
      const giveUp = (): void => {
        const left = began + patience + 2 * stalledSince(began) - Date.now();
        if (left > 0) timer = setTimeout(giveUp, left);
        else finish(() => reject(new Error(`wanted ${what}, nothing came within ${patience} ms${this.#seen()}`)));
      };
      let timer = setTimeout(giveUp, patience);
      this.#watchers.add(watch);
      watch();
    });
  }

  #seen(): string {
    return this.inbox.length === 0 ? "" : ` (it sent ${this.inbox.map((packet) => packet.describe()).join(", ")})`;
  }

  /** Sends bytes as they are. */
  send(...parts: readonly Part[]): void {
    const chunk = bytes(...parts);
    this.conversation.sent(chunk);
    this.stream.write(chunk);
  }

  /** The next packet, whatever it is. */
  next(patience?: number): Promise<Packet> {
    return this.#until("a packet", () => this.inbox.shift(), patience);
  }

  /** The next packet of this type; others stay where they are. */
  take(name: PacketName, patience?: number): Promise<Packet> {
    return this.#until(
      name.toUpperCase(),
      () => {
        const index = this.inbox.findIndex((packet) => packet.name === name);
        return index < 0 ? undefined : this.inbox.splice(index, 1)[0];
      },
      patience,
    );
  }

  /** A packet identifier that was not used before. */
  newId(): number {
    this.#lastId++;
    return this.#lastId;
  }

  async ping(): Promise<void> {
    this.send(build.pingreq());
    await this.take("pingresp");
  }

  /** SUBSCRIBE; every filter must be granted. */
  async subscribe(wanted: Wanted | readonly Wanted[], props?: build.PublishOptions["props"]): Promise<Packet> {
    const suback = await this.trySubscribe(wanted, props);
    const refused = suback.codes.filter((code) => code > 2);
    if (refused.length > 0) throw new Error(`the broker refused a subscription with 0x${refused[0]?.toString(16)}`);
    return suback;
  }

  /** SUBSCRIBE; gives the SUBACK as it is. */
  async trySubscribe(wanted: Wanted | readonly Wanted[], props?: build.PublishOptions["props"]): Promise<Packet> {
    const id = this.newId();
    const many = Array.isArray(wanted) && typeof wanted[1] !== "number" ? (wanted as Wanted[]) : [wanted as Wanted];
    const filters = many.map((one): build.Filter => (typeof one === "string" ? [one, 2] : one));
    this.send(build.subscribe(this.version, id, filters, props));
    return this.takeId("suback", id);
  }

  async unsubscribe(...filters: readonly string[]): Promise<Packet> {
    const id = this.newId();
    this.send(build.unsubscribe(this.version, id, filters));
    return this.takeId("unsuback", id);
  }

  /** The packet of this type with this identifier. */
  takeId(name: PacketName, id: number): Promise<Packet> {
    return this.#until(`${name.toUpperCase()} with id ${id}`, () => {
      const index = this.inbox.findIndex((packet) => packet.name === name && packet.id === id);
      return index < 0 ? undefined : this.inbox.splice(index, 1)[0];
    });
  }

  /** Sends a PUBLISH and goes no further; answers its identifier. */
  publishOnly(topic: string | Uint8Array, payload: string | Uint8Array = "", o: build.PublishOptions = {}): number {
    const id = o.id ?? ((o.qos ?? 0) > 0 ? this.newId() : 0);
    this.send(build.publish(this.version, topic, payload, { ...o, id }));
    return id;
  }

  /** Publishes, and returns when the broker has the message: acknowledged, or with QoS 0 a ping later. */
  async publish(
    topic: string | Uint8Array,
    payload: string | Uint8Array = "",
    o: build.PublishOptions = {},
  ): Promise<Packet | undefined> {
    const id = this.publishOnly(topic, payload, o);
    if (o.qos === 1) return this.takeId("puback", id);
    if (o.qos === 2) {
      const rec = await this.takeId("pubrec", id);
      if (rec.code >= 0x80) return rec;
      this.send(build.ack(0x62, id));
      await this.takeId("pubcomp", id);
      return rec;
    }
    await this.ping();
    return undefined;
  }

  /** The next message, acknowledged as its QoS asks. */
  async message(patience?: number): Promise<Packet> {
    const packet = await this.take("publish", patience);
    await this.acknowledge(packet);
    return packet;
  }

  /** The next `count` messages, acknowledged. */
  async messages(count: number): Promise<Packet[]> {
    const found: Packet[] = [];
    while (found.length < count) found.push(await this.message());
    return found;
  }

  async acknowledge(packet: Packet): Promise<void> {
    if (packet.qos === 1) this.send(build.ack(0x40, packet.id));
    if (packet.qos === 2) {
      this.send(build.ack(0x50, packet.id));
      await this.takeId("pubrel", packet.id);
      this.send(build.ack(0x70, packet.id));
    }
  }

  /** All messages that a ping brings to light; fails unless there are none. */
  async quiet(): Promise<void> {
    await this.#settle();
    const found = this.inbox.find((packet) => packet.name === "publish");
    if (found !== undefined) throw new Error(`nothing should come, the broker sent ${found.describe()}`);
  }

  /** The messages that are here after a ping, acknowledged. */
  async drain(): Promise<Packet[]> {
    await this.#settle();
    const found: Packet[] = [];
    while (this.inbox.some((packet) => packet.name === "publish")) {
      while (this.inbox.some((packet) => packet.name === "publish")) found.push(await this.message());
      await this.#settle();
    }
    return found;
  }

  async #settle(): Promise<void> {
    const began = Date.now();
    for (let left = this.grace; left > 0; left = began + this.grace + 2 * stalledSince(began) - Date.now()) {
      await delay(left);
    }
    await this.ping();
  }

  /** Waits for the end of the connection. Packets that come before stay in the inbox. */
  async closed(patience?: number): Promise<void> {
    await this.#until("the end of the connection", () => (this.ended ? true : undefined), patience);
  }

  /**
   * Waits until the broker ends the connection for a fault. It may say why before, with one of these codes (5.0: in a
   * DISCONNECT, or a CONNACK where none came yet; 3.1.1 has no word for it after CONNACK).
   */
  async refused(...codes: readonly number[]): Promise<Packet | undefined> {
    await this.closed();
    const last = this.inbox.findLast((packet) => packet.name === "disconnect" || packet.name === "connack");
    if (last?.name === "connack" && last.code === 0) throw new Error("the broker accepted what it should refuse");
    if (last !== undefined && this.version === 5 && codes.length > 0 && !codes.includes(last.code)) {
      const wanted = codes.map((code) => `0x${code.toString(16)}`).join(" or ");
      throw new Error(`the broker gave the reason 0x${last.code.toString(16)}, it should be ${wanted}`);
    }
    return last;
  }

  /** Ends the connection without DISCONNECT, and waits until the broker has noticed. */
  async drop(): Promise<void> {
    this.stream.end();
    await this.closed();
  }

  /** Cuts the connection. */
  cut(): void {
    const socket = this.stream as Partial<Socket> & Duplex;
    if (socket.resetAndDestroy === undefined) socket.destroy();
    else socket.resetAndDestroy();
  }

  /** DISCONNECT, and waits for the end. */
  async disconnect(code?: number, props?: build.PublishOptions["props"]): Promise<void> {
    this.send(build.disconnect(code, props));
    this.stream.end();
    await this.closed();
  }
}

/** Opens a TCP connection. */
export function openTcp(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = openSocket({ host, port, noDelay: true, allowHalfOpen: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}
