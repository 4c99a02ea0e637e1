/** An application message on its way through the broker; one object, however many receive it. */

import { type ProtocolVersion, type QoS, ReceivedPublish, type UserProperty } from "@gmqtt/packets";
import { copyToOwn } from "./byte-slab.ts";
import { buildFrame, type Frame, frameOf } from "./message-frame.ts";
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

/** Hooks may change every field that is not read-only; the change is seen by retained store and subscribers alike. */
export class Message {
  #topic: string;
  #payload: Uint8Array | null;
  qos: QoS;
  retain: boolean;
  #properties: MessageProperties | undefined;
  /** Client identifier of the publisher, "" for the broker itself and its plugins. */
  readonly publisher: string;
  /** Arrival, in milliseconds since 1970. */
  readonly receivedAt: number;
  /** Where its way through the broker is timed. @internal */
  timing: Timing | null = null;
  /** The PUBLISH it came in, as long as its bytes say what this message says. */
  #source: ReceivedPublish | null;
  /** Nothing of it lies in memory that somebody else may write into, or that is much larger. */
  #detached: boolean;
  /** Encoded variants, made when first needed: [3.x QoS 0, 3.x QoS 1 and 2, 5.0 QoS 0, 5.0 QoS 1 and 2]. */
  #frame0: Frame | null = null;
  #frame1: Frame | null = null;
  #frame2: Frame | null = null;
  #frame3: Frame | null = null;

  constructor(
    topic: string,
    payload: Uint8Array | null,
    qos: QoS,
    retain: boolean,
    properties: MessageProperties | undefined,
    publisher: string,
    receivedAt: number,
    source: ReceivedPublish | null,
  ) {
    this.#topic = topic;
    this.#payload = payload;
    this.qos = qos;
    this.retain = retain;
    this.#properties = properties;
    this.publisher = publisher;
    this.receivedAt = receivedAt;
    this.#source = source;
    this.#detached = false;
  }

  /** A message that the broker or a plugin makes. */
  static create(init: MessageInit, publisher: string, now: number): Message {
    const payload =
      typeof init.payload === "string" ? encoder.encode(init.payload) : (init.payload ?? new Uint8Array(0));
    return new Message(init.topic, payload, init.qos ?? 0, init.retain ?? false, init.properties, publisher, now, null);
  }

  /** The message of a PUBLISH, sharing its bytes. `topic` is the packet's, or what its alias stands for. */
  static received(packet: ReceivedPublish, topic: string, publisher: string, now: number): Message {
    const properties = packet.properties;
    if (properties === undefined || properties.topicAlias === undefined) {
      return new Message(topic, null, packet.qos, packet.retain, properties, publisher, now, packet);
    }
    const { topicAlias: _ownOfConnection, ...forwarded } = properties;
    return new Message(topic, packet.payload, packet.qos, packet.retain, forwarded, publisher, now, null);
  }

  get topic(): string {
    return this.#topic;
  }

  set topic(topic: string) {
    this.#changed();
    this.#topic = topic;
  }

  get payload(): Uint8Array {
    this.#payload ??= (this.#source as ReceivedPublish).payload;
    return this.#payload;
  }

  set payload(payload: Uint8Array) {
    this.#changed();
    this.#payload = payload;
  }

  get payloadLength(): number {
    const source = this.#source;
    return source !== null ? source.frameEnd - source.payloadStart : (this.#payload as Uint8Array).length;
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
   * Gives the message memory of its own, so that one that is kept never pins the buffer it was read into. Called by
   * whoever keeps a message beyond the event-loop turn it arrived in.
   */
  detach(): void {
    if (this.#detached) return;
    this.#detached = true;
    const source = this.#source;
    if (source === null) {
      if (this.#payload !== null) this.#payload = Buffer.from(this.#payload);
    } else {
      this.#source = relocate(source);
      this.#payload = null;
    }
    const correlationData = this.#properties?.correlationData;
    if (correlationData !== undefined) {
      this.#properties = { ...this.#properties, correlationData: Buffer.from(correlationData) };
    }
    this.#forgetFrames();
  }

  /** The encoded PUBLISH that all receivers of one version and kind of QoS share; head bits and packet id are theirs. */
  frame(version: ProtocolVersion, acknowledged: boolean): Frame {
    if (version === 5) {
      if (acknowledged) {
        this.#frame3 ??= this.#encode(5, true);
        return this.#frame3;
      }
      this.#frame2 ??= this.#encode(5, false);
      return this.#frame2;
    }
    if (acknowledged) {
      this.#frame1 ??= this.#encode(4, true);
      return this.#frame1;
    }
    this.#frame0 ??= this.#encode(4, false);
    return this.#frame0;
  }

  #encode(version: 4 | 5, acknowledged: boolean): Frame {
    const source = this.#source;
    if (source !== null) {
      const frame = frameOf(source, version, acknowledged);
      if (frame !== null) return frame;
    }
    return buildFrame(this.#topic, this.payload, acknowledged, version === 5 ? this.#properties : undefined, version);
  }

  /** From here on the received bytes no longer say what this message says. */
  #changed(): void {
    if (this.#source !== null) {
      this.#payload ??= this.#source.payload;
      this.#source = null;
    }
    this.#forgetFrames();
  }

  #forgetFrames(): void {
    this.#frame0 = null;
    this.#frame1 = null;
    this.#frame2 = null;
    this.#frame3 = null;
  }
}

/** The same packet in memory of its own. */
function relocate(packet: ReceivedPublish): ReceivedPublish {
  const { frameEnd, frameStart, packetId, payloadStart, properties, protocolVersion, topic } = packet;
  const { buffer, start } = copyToOwn(packet.source, frameStart, frameEnd);
  const flags = packet.source[frameStart] as number;
  const moved = start - frameStart;
  return new ReceivedPublish(
    flags,
    topic,
    packetId,
    properties,
    protocolVersion,
    buffer,
    start,
    payloadStart + moved,
    frameEnd + moved,
  );
}
