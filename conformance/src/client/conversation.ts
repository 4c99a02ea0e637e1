/** What a broker may send in view of what went before on the same connection; checked in every test. */

import type { ConnectOptions, Version } from "../bytes/packets.ts";
import { P } from "../bytes/properties.ts";
import type { Packet } from "./packet.ts";
import { Violation } from "./strict-decoder.ts";

const QUIET = new Set(["puback", "pubrec", "pubrel", "pubcomp", "suback", "unsuback", "auth"]);

/** The rules between packets, on one connection. Throws a `Violation`. */
export class Conversation {
  readonly #version: Version;
  readonly #connect: ConnectOptions;
  #connacks = 0;
  #refused = false;
  #left = false;
  /** Identifiers of the broker's unfinished QoS 1 and 2 messages. */
  readonly inflight: Set<number> = new Set();
  readonly #aliases: Set<number> = new Set();
  readonly #asked: Set<string> = new Set();

  constructor(version: Version, connect: ConnectOptions) {
    this.#version = version;
    this.#connect = connect;
  }

  /** Takes note of the whole packets in what the client sends. */
  sent(chunk: Uint8Array): void {
    for (let rest = chunk; rest.length >= 2; ) {
      const { body, end } = split(rest);
      this.#note((rest[0] ?? 0) >> 4, body);
      rest = rest.subarray(end);
    }
  }

  #note(type: number, body: Uint8Array): void {
    const id = ((body[0] ?? 0) << 8) | (body[1] ?? 0);
    const code = this.#version === 5 ? (body[2] ?? 0) : 0;
    if (type === 4 || type === 7 || (type === 5 && code >= 0x80)) this.inflight.delete(id);
    if (type === 8 || type === 10) this.#asked.add(`${type + 1}:${id}`);
  }

  received(packet: Packet): void {
    if (this.#left) throw new Violation("MQTT-3.14.4-1", `${packet.describe()} after DISCONNECT`);
    if (this.#refused) throw new Violation("MQTT-3.2.2-7", `${packet.describe()} after a refusal`);
    this.#checkStart(packet);
    this.#checkSize(packet);
    if (packet.name === "publish") this.#checkPublish(packet);
    if (packet.name === "disconnect") this.#left = true;
    if (
      (packet.name === "suback" || packet.name === "unsuback") &&
      !this.#asked.delete(`${packet.type}:${packet.id}`)
    ) {
      throw new Violation(
        this.#version === 5 ? "MQTT-2.2.1-6" : "MQTT-2.3.1-7",
        `${packet.describe()}, never asked for`,
      );
    }
    if (this.#version === 5) this.#checkProperties(packet);
  }

  #checkStart(packet: Packet): void {
    if (packet.name === "connack") {
      this.#connacks++;
      if (this.#connacks > 1) throw new Violation("MQTT-3.2.0-2", "a second CONNACK");
      this.#refused = this.#version === 5 ? packet.code >= 0x80 : packet.code > 0;
      return;
    }
    if (this.#connacks > 0) return;
    if (packet.name === "disconnect") throw new Violation("MQTT-3.14.0-1", "DISCONNECT before CONNACK");
    if (packet.name !== "auth") throw new Violation("MQTT-3.2.0-1", `${packet.describe()} before CONNACK`);
  }

  #checkSize(packet: Packet): void {
    const limit = this.#connect.maximumPacketSize;
    if (this.#version !== 5 || limit === undefined || packet.size <= limit) return;
    throw new Violation("MQTT-3.1.2-24", `${packet.describe()} of ${packet.size} bytes, the limit is ${limit}`);
  }

  #checkPublish(packet: Packet): void {
    if (packet.qos > 0) {
      if (this.inflight.has(packet.id)) throw new Violation("MQTT-2.2.1-4", `${packet.describe()}, id in use`);
      this.inflight.add(packet.id);
      const window = this.#connect.receiveMaximum;
      if (this.#version === 5 && window !== undefined && this.inflight.size > window) {
        throw new Violation(
          "MQTT-3.3.4-9",
          `${this.inflight.size} unacknowledged messages, Receive Maximum is ${window}`,
        );
      }
    }
    const alias = packet.prop(P.topicAlias);
    if (typeof alias !== "number") return;
    const limit = this.#connect.aliasMaximum ?? 0;
    if (alias > limit) throw new Violation("MQTT-3.1.2-26", `topic alias ${alias}, the maximum is ${limit}`);
    if (packet.topicBytes.length > 0) this.#aliases.add(alias);
    else if (!this.#aliases.has(alias)) throw new Violation("MQTT-3.3.2-7", `topic alias ${alias}, never introduced`);
  }

  #checkProperties(packet: Packet): void {
    const quiet = this.#connect.problemInformation === 0 && QUIET.has(packet.name);
    if (quiet && (packet.prop(P.reasonString) ?? packet.prop(P.user)) !== undefined) {
      throw new Violation("MQTT-3.1.2-29", `problem information in ${packet.describe()}`);
    }
    const method = this.#connect.props?.find(([id]) => id === P.authMethod)?.[1];
    if ((packet.name === "auth" || packet.name === "connack") && packet.prop(P.authMethod) !== undefined) {
      if (method === undefined) throw new Violation("MQTT-4.12.0-6", "an authentication method nobody asked for");
      if (packet.prop(P.authMethod) !== method) throw new Violation("MQTT-4.12.0-5", "another authentication method");
    }
    if (packet.name !== "connack") return;
    const asked = this.#connect.props?.find(([id]) => id === P.requestResponseInformation)?.[1];
    if (asked !== 1 && packet.prop(P.responseInformation) !== undefined) {
      throw new Violation("MQTT-3.1.2-28", "response information nobody asked for");
    }
    if (packet.prop(P.assignedClientId) !== undefined && (this.#connect.id ?? "").length > 0) {
      throw new Violation("MQTT-3.1.3-7", "an assigned client identifier to a client that has one");
    }
  }
}

/** The first packet's body, and where the packet ends. */
function split(chunk: Uint8Array): { body: Uint8Array; end: number } {
  let at = 1;
  let length = 0;
  for (; at < 5; at++) {
    const byte = chunk[at] ?? 0;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if ((byte & 0x80) === 0) break;
  }
  return { body: chunk.subarray(at + 1, at + 1 + length), end: at + 1 + length };
}
