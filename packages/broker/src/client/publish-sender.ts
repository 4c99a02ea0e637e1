/** Sends messages to one client: the shared frame where it says the right thing, an own head where it does not. */

import { encodePublishHead, type ProtocolVersion, type PublishProperties, type QoS } from "@gmqtt/packets";
import type { MessageOutput } from "../connection/output.ts";
import type { Message } from "../message.ts";
import { Frame } from "../message-frame.ts";
import type { Delivery } from "../session/delivery.ts";
import { SendResult, type SessionLink } from "../session/session-link.ts";
import type { Timing } from "../stats/delivery-times.ts";
import { OutgoingAliases } from "./outgoing-aliases.ts";

/** What was agreed with the client about what it is sent. */
export interface PublishSenderOptions {
  readonly version: ProtocolVersion;
  /** How many QoS 1 and 2 messages may be unacknowledged. */
  readonly window: number;
  readonly maximumPacketSize: number;
  /** 0: no aliases. */
  readonly topicAliasMaximum: number;
  readonly now: () => number;
  /** When the connection was accepted, in monotonic milliseconds. */
  readonly since: number;
  /** Unsent bytes beyond which QoS 0 is dropped and QoS 1 and 2 wait in the queue. */
  readonly maxUnsentBytes: () => number;
  /** A message was written; undefined when nobody wants to know. */
  readonly onSent: ((message: Message) => void) | undefined;
}

export class PublishSender implements SessionLink {
  readonly window: number;
  readonly #output: MessageOutput;
  readonly #version: ProtocolVersion;
  readonly #maximumPacketSize: number;
  readonly #onSent: PublishSenderOptions["onSent"];
  readonly #aliases: OutgoingAliases | null;
  readonly #since: number;
  readonly #options: PublishSenderOptions;

  constructor(output: MessageOutput, options: PublishSenderOptions) {
    this.#output = output;
    this.#options = options;
    this.#onSent = options.onSent;
    this.#since = options.since;
    this.#version = options.version;
    this.#maximumPacketSize = options.maximumPacketSize;
    this.window = options.window;
    this.#aliases = options.topicAliasMaximum > 0 ? new OutgoingAliases(options.topicAliasMaximum) : null;
  }

  get writable(): boolean {
    return this.#output.unsentBytes < this.#options.maxUnsentBytes();
  }

  sendMessage(message: Message, retain: boolean, subscriptionIdentifiers: readonly number[] | undefined): SendResult {
    if (this.#output.blocked && !this.writable) return SendResult.Blocked;
    return this.#send(message, this.#frame(message, 0, false, subscriptionIdentifiers), 0, retain, false, 0);
  }

  sendRetained(message: Message, subscriptionIdentifiers: readonly number[] | undefined): SendResult {
    if (this.#output.blocked && !this.writable) return SendResult.Blocked;
    const frame = this.#isShared(message, subscriptionIdentifiers)
      ? message.retainedFrame(this.#version)
      : this.#frame(message, 0, false, subscriptionIdentifiers);
    return this.#send(message, frame, 0, true, false, 0);
  }

  sendDelivery(delivery: Delivery, dup: boolean): SendResult {
    const { message, qos, retain, packetId, subscriptionIdentifiers } = delivery;
    return this.#send(message, this.#frame(message, qos, dup, subscriptionIdentifiers), qos, retain, dup, packetId);
  }

  sendPubrel(packetId: number): void {
    this.#output.sendAck(6, packetId);
  }

  #send(message: Message, frame: Frame, qos: QoS, retain: boolean, dup: boolean, packetId: number): SendResult {
    if (frame.length > this.#maximumPacketSize) return SendResult.TooLarge;
    const firstByte = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
    const { timing } = message;
    this.#output.sendFrame(frame, firstByte, packetId, timing !== null && this.#times(timing) ? timing : null);
    if (this.#onSent !== undefined) this.#onSent(message);
    if (this.#output.tapped) this.#output.tapPublish(message, qos, retain, dup, packetId);
    return SendResult.Sent;
  }

  /** What arrived before this client did has waited for the client. */
  #times({ arrivedAt }: Timing): boolean {
    return arrivedAt >= this.#since;
  }

  #frame(message: Message, qos: QoS, dup: boolean, subscriptionIdentifiers: readonly number[] | undefined): Frame {
    if (this.#isShared(message, subscriptionIdentifiers)) return message.frame(this.#version, qos > 0);
    return this.#ownFrame(message, qos, dup, message.remainingExpiry(this.#options.now()), subscriptionIdentifiers);
  }

  /** This client is sent what others are. */
  #isShared(message: Message, subscriptionIdentifiers: readonly number[] | undefined): boolean {
    if (this.#version !== 5) return true;
    if (subscriptionIdentifiers !== undefined || this.#aliases !== null) return false;
    const interval = message.properties?.messageExpiryInterval;
    return interval === undefined || interval === message.remainingExpiry(this.#options.now());
  }

  /** A head for this client alone: with its identifiers, an alias, or what is left of the expiry interval. */
  #ownFrame(
    message: Message,
    qos: QoS,
    dup: boolean,
    remaining: number | undefined,
    subscriptionIdentifiers: readonly number[] | undefined,
  ): Frame {
    const properties: PublishProperties = {
      ...message.properties,
      ...(remaining === undefined ? {} : { messageExpiryInterval: remaining }),
      ...(subscriptionIdentifiers === undefined ? {} : { subscriptionIdentifiers }),
    };
    // A packet that is sent again carries its topic: its alias may be unknown on this connection. So does one that goes
    // past others which wait for the store: an alias is known once the packet that sets it is out.
    if (this.#aliases === null || dup || (qos === 0 && this.#output.held))
      return ownFrame(message, message.topic, qos, properties);
    // An alias is only set by a packet that is going to be sent.
    const whole = ownFrame(message, message.topic, qos, { ...properties, topicAlias: 1 });
    if (whole.length + 2 > this.#maximumPacketSize) return ownFrame(message, message.topic, qos, properties);
    const { alias, known } = this.#aliases.use(message.topic);
    return ownFrame(message, known ? "" : message.topic, qos, { ...properties, topicAlias: alias });
  }
}

function ownFrame(message: Message, topic: string, qos: QoS, properties: PublishProperties): Frame {
  const payloadLength = message.payloadLength;
  const packetId = qos > 0 ? 1 : 0;
  const { head, packetIdOffset } = encodePublishHead({ topic, qos, packetId, payloadLength, properties }, 5);
  return new Frame(head, 0, head.length, packetIdOffset, message.payload, head.length);
}
