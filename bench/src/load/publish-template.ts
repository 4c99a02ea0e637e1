/** A PUBLISH made once, of which every message is a copy with its own packet identifier and stamp. */

import { encode, type ProtocolVersion, type PublishProperties, type QoS } from "@gmqtt/packets";
import { STAMP_LENGTH, writeRun } from "./stamp.ts";

/** What the messages of a publisher have in common. */
export interface PublishShape {
  readonly version: ProtocolVersion;
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Payload bytes. */
  readonly size: number;
  readonly properties: PublishProperties;
}

export class PublishTemplate {
  readonly bytes: Buffer;
  /** Where the packet identifier stands; -1 at QoS 0. */
  readonly packetIdAt: number;
  /** Where the payload begins, which is where the stamp stands. */
  readonly payloadAt: number;

  constructor(shape: PublishShape, run: number) {
    const { properties, qos, retain, size, topic, version } = shape;
    const payload = Buffer.alloc(Math.max(size, STAMP_LENGTH), "abcdefghijklmnopqrstuvwxyz");
    writeRun(payload, 0, run);
    const packet = { type: 3, dup: false, qos, retain, topic, packetId: qos > 0 ? 1 : 0, payload } as const;
    this.bytes = encode({ ...packet, ...(version === 5 ? { properties } : {}) }, version);
    this.payloadAt = this.bytes.length - payload.length;
    this.packetIdAt = qos > 0 ? topicAt(this.bytes) + 2 + Buffer.byteLength(topic) : -1;
  }
}

function topicAt(bytes: Uint8Array): number {
  let at = 1;
  while (bytes[at]! >= 128) at++;
  return at + 1;
}
