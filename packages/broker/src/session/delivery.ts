/** One message that one session is owed. */

import type { QoS } from "@gmqtt/packets";
import { PROCESS_START } from "../clock.ts";
import type { Message } from "../message.ts";
import type { DeliveryState, StoredDelivery } from "../persistence/persistence.ts";

export class Delivery implements StoredDelivery {
  readonly sequence: number;
  readonly message: Message;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  readonly sharedFilter: string | undefined;
  /** Both counted from `PROCESS_START`; null: never sent. */
  readonly #queuedAt: number;
  #sentAt: number | null = null;
  state: DeliveryState = "queued";
  packetId = 0;
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
    this.#queuedAt = queuedAt - PROCESS_START;
  }

  /** In milliseconds since 1970. */
  get queuedAt(): number {
    return PROCESS_START + this.#queuedAt;
  }

  /** When PUBLISH was last sent, in milliseconds since 1970; null before that. */
  get sentAt(): number | null {
    return this.#sentAt === null ? null : PROCESS_START + this.#sentAt;
  }

  set sentAt(moment: number) {
    this.#sentAt = moment - PROCESS_START;
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
