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
  /** Milliseconds from the message's arrival to its queueing: a small integer, where a moment would be an object of its own. */
  readonly #waited: number;
  state: DeliveryState = "queued";
  packetId = 0;
  /** When PUBLISH was last sent, in milliseconds since 1970; null before that: a number here is one more object. */
  sentAt: number | null = null;
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
  ) {
    this.sequence = sequence;
    this.message = message;
    this.qos = qos;
    this.retain = retain;
    this.subscriptionIdentifiers = subscriptionIdentifiers;
    this.sharedFilter = sharedFilter;
    this.#waited = queuedAt - message.receivedAt;
  }

  /** In milliseconds since 1970. */
  get queuedAt(): number {
    return this.message.receivedAt + this.#waited;
  }

  /** It may be dropped unsent: by the publisher's expiry, or `limit` milliseconds after it was queued (0: no limit). */
  expired(now: number, limit: number): boolean {
    return this.message.expiresAt <= now || (limit > 0 && this.queuedAt + limit <= now);
  }

  /** Bytes this costs the queue. */
  get size(): number {
    return this.message.size;
  }
}
