/** The bytes of a PUBLISH that its receivers share. */

import { Buffer } from "node:buffer";
import { encodePublishHead, type ProtocolVersion, type PublishProperties, type ReceivedPublish } from "@gmqtt/packets";
import { Copier, takeBytes, takePassing } from "./byte-slab.ts";
import type { Message } from "./message.ts";
import { keepLoan } from "./read-loans.ts";

/** Below this the payload is copied behind its head, so that a frame is one piece; above it is written from where it lies. */
const COPIED_PAYLOAD = 2048;

const toFrame = new Copier();
const toReceiver = new Copier();

/** An encoded PUBLISH: a head and a payload, often side by side in one buffer. */
export class Frame {
  readonly head: Uint8Array;
  readonly headStart: number;
  readonly headEnd: number;
  /** Where in `head` the packet identifier stands; -1 in a QoS 0 frame. */
  readonly packetIdOffset: number;
  /** null: the payload follows the head in its buffer, up to `end`. */
  readonly payload: Uint8Array | null;
  /** End of the contiguous bytes in `head`: the head's, or with a following payload the payload's. */
  readonly end: number;
  /** Size of the packet in bytes, as Maximum Packet Size counts it. */
  readonly length: number;
  /** Whose frame it is, which of its frames, and the next of them. @internal to `latest-frames` */
  message: Message | null = null;
  variant = 0;
  next: Frame | null = null;
  /** null: copied once. */
  #copied: Uint8Array | null | undefined = undefined;

  constructor(
    head: Uint8Array,
    headStart: number,
    headEnd: number,
    packetIdOffset: number,
    payload: Uint8Array | null,
    end: number,
  ) {
    this.head = head;
    this.headStart = headStart;
    this.headEnd = headEnd;
    this.packetIdOffset = packetIdOffset;
    this.payload = payload;
    this.end = end;
    this.length = end - headStart + (payload === null ? 0 : payload.length);
  }

  /** Copies `head` up to `end`, the same for all receivers, to `target`. From the second receiver on with one view of it. */
  copy(end: number, target: Uint8Array, offset: number): void {
    if (this.#copied === undefined) {
      this.#copied = null;
      toReceiver.copy(this.head, this.headStart, end, target, offset);
      return;
    }
    this.#copied ??= this.head.subarray(this.headStart, end);
    target.set(this.#copied, offset);
  }
}

/** Kinds of frames, and of packets that messages come in: bits of a number. */
export const FrameKind = {
  /** QoS 1 or 2: has a packet identifier. */
  Acknowledged: 1,
  /** MQTT 5.0: has a property length. */
  Version5: 2,
  /** Has properties; in a packet that came in. */
  Properties: 4,
} as const;

/** Where a message lies in the bytes it came in. */
export interface Source {
  readonly bytes: Uint8Array;
  /** Offset of the fixed header. */
  readonly start: number;
  readonly payloadStart: number;
  readonly end: number;
  /** Bits of `FrameKind`. */
  readonly kind: number;
}

/** Bits of `FrameKind`, with those in `more`. */
export function kindOf({ protocolVersion, qos }: ReceivedPublish, more = 0): number {
  return (qos > 0 ? FrameKind.Acknowledged : 0) | (protocolVersion === 5 ? FrameKind.Version5 : 0) | more;
}

/**
 * A PUBLISH of MQTT 5.0 as it would have come without an alias for its topic and without any other property; null for a
 * payload that is too long to be copied. The packet identifier stays 0.
 */
export function underItsTopic(packet: ReceivedPublish, topic: string): Source | null {
  const { frameEnd, payloadStart, qos, source } = packet;
  const payloadLength = frameEnd - payloadStart;
  if (payloadLength > COPIED_PAYLOAD) return null;
  const topicLength = Buffer.byteLength(topic);
  const remaining = 2 + topicLength + (qos > 0 ? 2 : 0) + 1 + payloadLength;
  const length = 1 + lengthSize(remaining) + remaining;
  const { buffer, start } = takePassing(length);
  let at = writeFixedHeader(buffer, start, qos > 0 ? 0x32 : 0x30, remaining);
  buffer[at++] = topicLength >> 8;
  buffer[at++] = topicLength & 0xff;
  at += buffer.write(topic, at);
  for (let count = qos > 0 ? 3 : 1; count > 0; count--) buffer[at++] = 0;
  toFrame.copy(source, payloadStart, frameEnd, buffer, at);
  return { bytes: buffer, start, payloadStart: at, end: start + length, kind: kindOf(packet) };
}

/**
 * The frame of kind `variant` made of the bytes a message came in; null when its properties have to be encoded for it.
 * `passing`: for one receiver and with RETAIN.
 */
export function frameOf(source: Source, variant: number, passing: boolean): Frame | null {
  const { bytes, end, kind, payloadStart, start } = source;
  let topicStart = start + 2;
  while ((bytes[topicStart - 1] as number) >= 0x80) topicStart++;
  const topicEnd = topicStart + 2 + (((bytes[topicStart] as number) << 8) | (bytes[topicStart + 1] as number));
  const acknowledged = (variant & FrameKind.Acknowledged) !== 0;
  if ((kind & ~FrameKind.Properties) === variant) {
    return new Frame(bytes, start, payloadStart, acknowledged ? topicEnd : -1, null, end);
  }
  if ((kind & FrameKind.Properties) !== 0 && (variant & FrameKind.Version5) !== 0) return null;
  return reframe(source, variant, topicStart, topicEnd, passing);
}

/** Without properties two kinds differ in the two bytes of the packet identifier and the one of the property length. */
function reframe(source: Source, variant: number, topicStart: number, topicEnd: number, passing: boolean): Frame {
  const { bytes, end, payloadStart } = source;
  const acknowledged = (variant & FrameKind.Acknowledged) !== 0;
  const payloadLength = end - payloadStart;
  const between = (acknowledged ? 2 : 0) + ((variant & FrameKind.Version5) !== 0 ? 1 : 0);
  const remaining = topicEnd - topicStart + between + payloadLength;
  const copied = payloadLength <= COPIED_PAYLOAD ? payloadLength : 0;
  const length = 1 + lengthSize(remaining) + remaining - payloadLength + copied;
  const { buffer, start } = passing ? takePassing(length) : takeBytes(length);
  let at = writeFixedHeader(buffer, start, (acknowledged ? 0x32 : 0x30) | (passing ? 1 : 0), remaining);
  toFrame.copy(bytes, topicStart, topicEnd, buffer, at);
  at += topicEnd - topicStart;
  const packetIdOffset = acknowledged ? at : -1;
  for (let count = 0; count < between; count++) buffer[at++] = 0;
  if (copied === 0) {
    keepLoan(bytes); // outputs know it by its chunk, not by views of it
    return new Frame(buffer, start, at, packetIdOffset, bytes.subarray(payloadStart, end), at);
  }
  toFrame.copy(bytes, payloadStart, end, buffer, at);
  return new Frame(buffer, start, at, packetIdOffset, null, at + copied);
}

/** Bytes that a remaining length takes. */
function lengthSize(remaining: number): number {
  return remaining < 0x80 ? 1 : remaining < 0x4000 ? 2 : remaining < 0x200000 ? 3 : 4;
}

/** Answers where what follows begins. */
function writeFixedHeader(buffer: Buffer, start: number, firstByte: number, remaining: number): number {
  let at = start;
  buffer[at++] = firstByte;
  let rest = remaining;
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

/** Encodes a frame; flag bits and packet id are filled in by whoever sends it. */
export function buildFrame(
  topic: string,
  payload: Uint8Array,
  properties: PublishProperties | undefined,
  variant: number,
): Frame {
  const acknowledged = (variant & FrameKind.Acknowledged) !== 0;
  const version: ProtocolVersion = (variant & FrameKind.Version5) !== 0 ? 5 : 4;
  const { head, packetIdOffset } = encodePublishHead(
    {
      topic,
      qos: acknowledged ? 1 : 0,
      packetId: acknowledged ? 1 : 0,
      payloadLength: payload.length,
      ...(properties === undefined || version !== 5 ? {} : { properties }),
    },
    version,
  );
  if (payload.length > COPIED_PAYLOAD) return new Frame(head, 0, head.length, packetIdOffset, payload, head.length);
  const whole = Buffer.allocUnsafe(head.length + payload.length);
  whole.set(head, 0);
  whole.set(payload, head.length);
  return new Frame(whole, 0, head.length, packetIdOffset, null, whole.length);
}
