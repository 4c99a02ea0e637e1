/** An application message on its way through the broker; one object, however many receive it. */

import { Buffer } from "node:buffer";
import type { ProtocolVersion, PublishProperties, QoS, ReceivedPublish, UserProperty } from "@gmqtt/packets";
import { copyToOwn } from "./byte-slab.ts";
import { PROCESS_START } from "./clock.ts";
import { findFrame, forgetFrames, rememberFrame } from "./latest-frames.ts";
import { buildFrame, type Frame, FrameKind, frameOf, kindOf, underItsTopic } from "./message-frame.ts";
import { keepLoan } from "./read-loans.ts";
import type { Timing } from "./stats/delivery-times.ts";

/** Properties that travel with a message from publisher to subscriber (MQTT 5.0 section 3.3.2.3). */
export interface MessageProperties {
  payloadFormatIndicator?: 0 | 1 | undefined;
  /** Seconds, as the publisher set it; what is forwarded is reduced by the time spent in the broker. */
  messageExpiryInterval?: number | undefined;
  contentType?: string | undefined;
  responseTopic?: string | undefined;
  correlationData?: Uint8Array | undefined;
  /** In the publisher's order, repeated names included. */
  userProperties?: readonly UserProperty[] | undefined;
}

/** What it takes to make a message by hand, for example for `publisher.publish`. */
export interface MessageInit {
  topic: string;
  payload?: Uint8Array | string;
  /** Default: 0. */
  qos?: QoS;
  /** Default: false. */
  retain?: boolean;
  properties?: MessageProperties;
}

const encoder = new TextEncoder();

/** Nothing of a message lies in memory that somebody else may write into, or that is much larger. */
const DETACHED = 0x100;

/** A message of so many bytes that has nearly all of the buffer it came in gets that buffer, and is not copied. */
const KEEPS_ITS_BUFFER = 16 * 1024;
/** Nearly all: what it pins is hardly more than the limits of queues and retained messages count. */
const NEARLY_ALL = 7 / 8;

/** Hooks may change every field that is not read-only; the change is seen by retained store and subscribers alike. */
export class Message {
  #topic: string;
  #payload: Uint8Array | null;
  qos: QoS;
  retain: boolean;
  #properties: MessageProperties | undefined;
  /** Client identifier of the publisher, "" for the broker itself and its plugins. */
  readonly publisher: string;
  /** Counted from `PROCESS_START`. */
  readonly #receivedAt: number;
  /** Where its way through the broker is timed. @internal */
  timing: Timing | null = null;
  /** The bytes of the PUBLISH it came in, as long as they say what this message says; the numbers stand beside them. */
  #bytes: Uint8Array | null = null;
  #start = 0;
  #payloadStart = 0;
  #end = 0;
  /** Bits of `FrameKind`, of the packet that it came in; and DETACHED. One number, as a hundred thousand may wait in queues. */
  #marks = 0;

  constructor(
    topic: string,
    payload: Uint8Array | null,
    qos: QoS,
    retain: boolean,
    properties: MessageProperties | undefined,
    publisher: string,
    receivedAt: number,
  ) {
    this.#topic = topic;
    this.#payload = payload;
    this.qos = qos;
    this.retain = retain;
    this.#properties = properties;
    this.publisher = publisher;
    this.#receivedAt = receivedAt - PROCESS_START;
  }

  /** A message that the broker or a plugin makes. */
  static create(init: MessageInit, publisher: string, now: number): Message {
    const payload =
      typeof init.payload === "string" ? encoder.encode(init.payload) : (init.payload ?? new Uint8Array(0));
    return new Message(init.topic, payload, init.qos ?? 0, init.retain ?? false, init.properties, publisher, now);
  }

  /** The message of a PUBLISH, sharing its bytes. `topic` is the packet's, or what its alias stands for. */
  static received(packet: ReceivedPublish, topic: string, publisher: string, now: number): Message {
    const { properties } = packet;
    if (properties?.topicAlias !== undefined) return Message.#unaliased(packet, properties, topic, publisher, now);
    const message = new Message(topic, null, packet.qos, packet.retain, properties, publisher, now);
    const kind = kindOf(packet, properties === undefined ? 0 : FrameKind.Properties);
    message.#liesIn(packet.source, packet.frameStart, packet.payloadStart, packet.frameEnd, kind);
    return message;
  }

  /** The message of a PUBLISH with a topic alias, which is its connection's own. */
  static #unaliased(
    packet: ReceivedPublish,
    properties: PublishProperties,
    topic: string,
    publisher: string,
    now: number,
  ): Message {
    const forwarded = withoutAlias(properties);
    const source = forwarded === undefined ? underItsTopic(packet, topic) : null;
    if (source === null) {
      return new Message(topic, packet.payload, packet.qos, packet.retain, forwarded, publisher, now);
    }
    const message = new Message(topic, null, packet.qos, packet.retain, undefined, publisher, now);
    message.#liesIn(source.bytes, source.start, source.payloadStart, source.end, source.kind);
    return message;
  }

  /** Where it stands as a PUBLISH, and of which kind. */
  #liesIn(bytes: Uint8Array, start: number, payloadStart: number, end: number, kind: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#payloadStart = payloadStart;
    this.#end = end;
    this.#marks = kind;
  }

  /** Arrival, in milliseconds since 1970. */
  get receivedAt(): number {
    return PROCESS_START + this.#receivedAt;
  }

  get topic(): string {
    return this.#topic;
  }

  set topic(topic: string) {
    this.#changed();
    this.#topic = topic;
  }

  get payload(): Uint8Array {
    if (this.#payload !== null) return this.#payload;
    const bytes = this.#bytes as Uint8Array;
    keepLoan(bytes); // who asks for it may keep it
    const payload = bytes.subarray(this.#payloadStart, this.#end);
    // A store looks once at each message that it is given: the view need not live as long as the message.
    if ((this.#marks & DETACHED) === 0) this.#payload = payload;
    return payload;
  }

  set payload(payload: Uint8Array) {
    this.#changed();
    this.#payload = payload;
  }

  get payloadLength(): number {
    return this.#bytes !== null ? this.#end - this.#payloadStart : (this.#payload as Uint8Array).length;
  }

  /** Replace it as a whole; `undefined` means none. */
  get properties(): MessageProperties | undefined {
    return this.#properties;
  }

  set properties(properties: MessageProperties | undefined) {
    this.#changed();
    this.#properties = properties;
  }

  /** When the publisher's expiry interval ends, in milliseconds since 1970; Infinity without one. */
  get expiresAt(): number {
    const interval = this.#properties?.messageExpiryInterval;
    return interval === undefined ? Number.POSITIVE_INFINITY : this.receivedAt + interval * 1000;
  }

  /** Seconds left of the expiry interval, never more than was asked for [MQTT-3.3.2-6]; undefined without one. */
  remainingExpiry(now: number): number | undefined {
    const interval = this.#properties?.messageExpiryInterval;
    if (interval === undefined) return undefined;
    const waited = Math.floor((now - this.receivedAt) / 1000);
    return waited <= 0 ? interval : Math.max(0, interval - waited);
  }

  /** Bytes that keeping this message costs a queue: topic and payload. */
  get size(): number {
    return this.#topic.length + this.payloadLength;
  }

  /**
   * Gives the message memory of its own. Called by whoever keeps a message beyond the event-loop turn it arrived in: the
   * buffer it was read into would be pinned, or is written over once those who were sent the message have it (`read-loans`).
   */
  detach(): void {
    if ((this.#marks & DETACHED) !== 0) return;
    this.#marks |= DETACHED;
    if (this.#bytes === null) {
      if (this.#payload !== null) this.#payload = Buffer.from(this.#payload);
    } else {
      this.#moveToOwn(this.#bytes);
      this.#payload = null;
    }
    const correlationData = this.#properties?.correlationData;
    if (correlationData !== undefined) {
      this.#properties = { ...this.#properties, correlationData: Buffer.from(correlationData) };
    }
    forgetFrames(this);
  }

  /** The encoded PUBLISH that all receivers of one version and kind of QoS share; head bits and packet id are theirs. */
  frame(version: ProtocolVersion, acknowledged: boolean): Frame {
    const variant = (version === 5 ? FrameKind.Version5 : 0) | (acknowledged ? FrameKind.Acknowledged : 0);
    return findFrame(this, variant) ?? rememberFrame(this, variant, this.#encode(variant, false));
  }

  /**
   * The encoded PUBLISH with RETAIN, at QoS 0, for one receiver: not remembered, as messages that are kept for long would
   * grow by it. Those made one after the other lie side by side and are sent as they lie.
   */
  retainedFrame(version: ProtocolVersion): Frame {
    return this.#encode(version === 5 ? FrameKind.Version5 : 0, true);
  }

  #encode(variant: number, passing: boolean): Frame {
    if (this.#bytes !== null) {
      const source = {
        bytes: this.#bytes,
        start: this.#start,
        payloadStart: this.#payloadStart,
        end: this.#end,
        kind: this.#marks & ~DETACHED,
      };
      const frame = frameOf(source, variant, passing);
      if (frame !== null) return frame;
    }
    return buildFrame(this.#topic, this.payload, this.#properties, variant);
  }

  #moveToOwn(bytes: Uint8Array): void {
    const length = this.#end - this.#start;
    if (length >= KEEPS_ITS_BUFFER && length >= bytes.buffer.byteLength * NEARLY_ALL) {
      keepLoan(bytes);
      return;
    }
    const { buffer, start } = copyToOwn(bytes, this.#start, this.#end);
    const moved = start - this.#start;
    this.#bytes = buffer;
    this.#start = start;
    this.#payloadStart += moved;
    this.#end += moved;
  }

  /** From here on the received bytes no longer say what this message says. */
  #changed(): void {
    if (this.#bytes !== null) {
      this.#payload = this.payload;
      this.#bytes = null;
    }
    forgetFrames(this);
  }
}

/** The properties but for the topic alias; undefined when there are no others. */
function withoutAlias(properties: PublishProperties): MessageProperties | undefined {
  for (const name in properties) {
    if (name === "topicAlias") continue;
    const { topicAlias: _ownOfConnection, ...forwarded } = properties;
    return forwarded;
  }
  return undefined;
}
