/** Watches a broker's packets for breaches of the protocol that no single packet shows. */

import type { ConnectPacket, Packet } from "@gmqtt/packets";
import type { ReceivedPacket } from "./packets.ts";

const LARGEST_WINDOW = 65_535;

/** Judges what one connection sees; each method answers with the breach, or undefined. */
export class Referee {
  readonly #open: Set<number> = new Set();
  readonly #aliases: Map<number, string> = new Map();
  #window = LARGEST_WINDOW;
  #aliasMaximum = 0;
  #requested = false;
  #accepted = false;
  #over = false;
  #blind = false;

  /** Notes what the client sends. */
  sent(packet: Packet): void {
    if (packet.type === 1) this.#connect(packet);
    if (packet.type === 4 || packet.type === 7) this.#open.delete(packet.packetId);
    if (packet.type === 5 && packet.reasonCode >= 0x80) this.#open.delete(packet.packetId);
  }

  /** The client sends bytes of its own making: from now on its acknowledgements can't be counted. */
  lookAway(): void {
    this.#blind = true;
    this.#requested = true;
  }

  received(packet: ReceivedPacket): string | undefined {
    if (this.#over) return "a packet behind DISCONNECT or a refusing CONNACK [MQTT-3.14.4-1]";
    if (!this.#requested) return "a packet before CONNECT";
    if (packet.type === 2) {
      if (this.#accepted) return "a second CONNACK [MQTT-3.2.0-2]";
      if (packet.reasonCode !== 0 && packet.sessionPresent) return "a refusal with session present [MQTT-3.2.2-6]";
      this.#accepted = packet.reasonCode === 0;
      this.#over = packet.reasonCode !== 0;
      return undefined;
    }
    if (!this.#accepted && packet.type !== 15) return "a packet before CONNACK [MQTT-3.2.0-1]";
    if (packet.type === 14) this.#over = true;
    return packet.type === 3 ? (this.#alias(packet) ?? this.#flow(packet)) : undefined;
  }

  #connect(packet: ConnectPacket): void {
    this.#requested = true;
    this.#window = packet.properties?.receiveMaximum ?? LARGEST_WINDOW;
    this.#aliasMaximum = packet.properties?.topicAliasMaximum ?? 0;
  }

  #alias(packet: Extract<ReceivedPacket, { type: 3 }>): string | undefined {
    const alias = packet.properties?.topicAlias;
    if (alias === undefined) return undefined;
    if (alias === 0 || alias > this.#aliasMaximum)
      return `topic alias ${alias} above ${this.#aliasMaximum} [MQTT-3.1.2-26]`;
    if (packet.topic !== "") this.#aliases.set(alias, packet.topic);
    return this.#aliases.has(alias) ? undefined : `topic alias ${alias} before it had a topic`;
  }

  #flow(packet: Extract<ReceivedPacket, { type: 3 }>): string | undefined {
    if (packet.qos === 0 || this.#blind) return undefined;
    if (this.#open.has(packet.packetId))
      return `packet identifier ${packet.packetId} while it is in use [MQTT-2.2.1-4]`;
    this.#open.add(packet.packetId);
    return this.#open.size > this.#window
      ? `${this.#open.size} messages open with a receive maximum of ${this.#window} [MQTT-3.3.4-9]`
      : undefined;
  }
}
