/** One message that one session is owed. */

import type { QoS } from "@gmqtt/packets";
import type { Message } from "../message.ts";
import type { DeliveryState, StoredDelivery } from "../persistence/persistence.ts";

export class Delivery implements StoredDelivery {
  readonly sequence: number;
  readonly message: Message;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  readonly sharedFilter: string | undefined;
  readonly queuedAt: number;
  /** When it may be dropped unsent: the publisher's expiry or the broker's `message_expiry`, whichever is first. */
  readonly expiresAt: number;
  state: DeliveryState = "queued";
  packetId = 0;
  /** When PUBLISH was first sent. */
  sentAt = 0;
  /** The store has it, or is about to. */
  recorded = false;
  /** Its neighbours in order of sending, while it is in flight. @internal to `Inflight` */
  previousSent: Delivery | null = null;
  nextSent: Delivery | null = null;

  constructor(
    sequence: number,
    message: Message,
    qos: QoS,
    retain: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
    sharedFilter: string | undefined,
    queuedAt: number,
    expiresAt: number,
  ) {
    this.sequence = sequence;
    this.message = message;
    this.qos = qos;
    this.retain = retain;
    this.subscriptionIdentifiers = subscriptionIdentifiers;
    this.sharedFilter = sharedFilter;
    this.queuedAt = queuedAt;
    this.expiresAt = expiresAt;
  }

  /** Bytes this costs the queue. */
  get size(): number {
    return this.message.size;
  }
}
