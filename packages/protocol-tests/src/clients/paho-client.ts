/** paho-mqtt for Python as these tests use it: one Python process is one client, commands and events are lines of JSON. */

import { fileURLToPath } from "node:url";
import { needProgram, Program } from "./program.ts";
import type { RealBroker, Way } from "./real-broker.ts";

/** The Python that Debian's modules are for. */
const python = "/usr/bin/python3";
const script = fileURLToPath(new URL("./paho-client.py", import.meta.url));

/** Properties under the names that paho-client.py knows; correlation data is text. */
export interface PahoProperties {
  readonly responseTopic?: string;
  readonly correlationData?: string;
  readonly contentType?: string;
  readonly payloadFormat?: 0 | 1;
  readonly userProperties?: readonly (readonly [string, string])[];
  readonly messageExpiryInterval?: number;
  readonly sessionExpiryInterval?: number;
  readonly subscriptionIdentifier?: number | readonly number[];
  readonly willDelayInterval?: number;
}

/** What a client says in its CONNECT. */
export interface PahoOptions {
  readonly clientId?: string;
  readonly clean?: boolean;
  readonly properties?: PahoProperties;
  readonly will?: {
    readonly topic: string;
    readonly payload: string;
    readonly qos: number;
    readonly retain: boolean;
    readonly properties?: PahoProperties;
  };
}

/** Something that happened to a client. */
export interface PahoEvent {
  readonly event: "connected" | "subscribed" | "published" | "message" | "disconnected";
  readonly code?: number;
  readonly codes?: readonly number[];
  readonly sessionPresent?: boolean;
  readonly topic?: string;
  readonly text?: string;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly properties?: PahoProperties;
}

/** A client that runs. */
export class Paho {
  readonly #program: Program;
  readonly #events: PahoEvent[] = [];
  /** The CONNACK. */
  connected: PahoEvent = { event: "connected" };

  private constructor(program: Program) {
    this.#program = program;
  }

  /** Connects; rejects when the broker refuses. */
  static async connect(
    real: RealBroker,
    way: Exclude<Way, "unix">,
    version: 3 | 4 | 5,
    { clientId = "", ...options }: PahoOptions = {},
  ): Promise<Paho> {
    needProgram("python3-paho-mqtt", python, ["-c", "import paho.mqtt.client"], 0);
    const where = { version, way, where: real.ports[way], authority: real.authority, client_id: clientId };
    const paho = new Paho(new Program(python, [script, JSON.stringify({ ...where, ...options })]));
    paho.connected = await paho.#next("connected");
    if (paho.connected.code !== 0) throw new Error(`refused with ${paho.connected.code}`);
    return paho;
  }

  /** Resolves to the codes of the SUBACK. */
  async subscribe(filter: string, qos: number, properties?: PahoProperties): Promise<readonly number[]> {
    this.#do({ do: "subscribe", filter, qos, properties });
    return (await this.#next("subscribed")).codes ?? [];
  }

  /** Resolves when the exchange of the QoS is complete. */
  async publish(
    topic: string,
    text: string,
    options: { readonly qos?: number; readonly retain?: boolean; readonly properties?: PahoProperties } = {},
  ): Promise<void> {
    this.#do({ do: "publish", topic, text, ...options });
    await this.#next("published");
  }

  /** The next message. */
  message(): Promise<PahoEvent> {
    return this.#next("message");
  }

  /** Says goodbye. */
  async disconnect(): Promise<void> {
    this.#do({ do: "disconnect" });
    await this.#next("disconnected");
  }

  /** The code with which the connection ended. */
  async disconnected(): Promise<number | undefined> {
    return (await this.#next("disconnected")).code;
  }

  /** Ends the client without a goodbye. */
  kill(): void {
    this.#program.kill();
  }

  #do(command: object): void {
    this.#program.write(`${JSON.stringify(command)}\n`);
  }

  /** The next event of this name; others wait for whoever asks for them. */
  async #next(name: PahoEvent["event"]): Promise<PahoEvent> {
    for (;;) {
      const index = this.#events.findIndex(({ event }) => event === name);
      if (index >= 0) return this.#events.splice(index, 1)[0] as PahoEvent;
      this.#events.push(JSON.parse(await this.#program.line()) as PahoEvent);
    }
  }
}
