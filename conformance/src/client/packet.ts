/** What the broker sent, decoded. */

import type { Property, PropertyValue } from "../bytes/properties.ts";

/** Names by packet type. */
export const NAMES = [
  "reserved",
  "connect",
  "connack",
  "publish",
  "puback",
  "pubrec",
  "pubrel",
  "pubcomp",
  "subscribe",
  "suback",
  "unsubscribe",
  "unsuback",
  "pingreq",
  "pingresp",
  "disconnect",
  "auth",
] as const;

/** Name of a packet type. */
export type PacketName = (typeof NAMES)[number];

/** A packet of any type; fields that its type does not have are at their zero. */
export class Packet {
  name: PacketName = "reserved";
  /** Low four bits of byte 1. */
  flags = 0;
  /** All bytes, header included. */
  size = 0;
  id = 0;
  /** Reason or return code; 0 where the short form leaves it out. */
  code = 0;
  codes: readonly number[] = [];
  /** First byte of the CONNACK's body. */
  ackFlags = 0;
  topicBytes: Buffer = Buffer.alloc(0);
  payload: Buffer = Buffer.alloc(0);
  properties: Property[] = [];

  get type(): number {
    return NAMES.indexOf(this.name);
  }
  get topic(): string {
    return this.topicBytes.toString();
  }
  get text(): string {
    return this.payload.toString();
  }
  get qos(): number {
    return (this.flags >> 1) & 3;
  }
  get retain(): boolean {
    return (this.flags & 1) === 1;
  }
  get dup(): boolean {
    return (this.flags & 8) === 8;
  }
  get sessionPresent(): boolean {
    return this.ackFlags === 1;
  }

  /** The value of a property, undefined when it is not there. */
  prop(id: number): PropertyValue | undefined {
    return this.properties.find(([key]) => key === id)?.[1];
  }

  /** All values of a property that may stand there several times. */
  props(id: number): PropertyValue[] {
    return this.properties.filter(([key]) => key === id).map(([, value]) => value);
  }

  /** For messages about tests. */
  describe(): string {
    const code = this.code === 0 ? "" : ` 0x${this.code.toString(16).padStart(2, "0")}`;
    const about = this.name === "publish" ? ` ${this.topic} "${this.text.slice(0, 40)}" QoS ${this.qos}` : "";
    return `${this.name.toUpperCase()}${code}${about}${this.id === 0 ? "" : ` id ${this.id}`}`;
  }
}
