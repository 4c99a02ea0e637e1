/** From what a store kept back to what the broker works with. */

import { Message } from "../message.ts";
import type { StoredDelivery, StoredMessage } from "../persistence/persistence.ts";
import { Delivery } from "./delivery.ts";

export function restoreMessage(stored: StoredMessage): Message {
  return new Message(
    stored.topic,
    stored.payload,
    stored.qos,
    stored.retain,
    stored.properties,
    stored.publisher,
    stored.receivedAt,
  );
}

/** When a queued message is given up: by its own expiry, or `limit` milliseconds after it was queued (0: no limit). */
export function queueExpiry(message: Message, queuedAt: number, limit: number): number {
  return limit === 0 ? message.expiresAt : Math.min(message.expiresAt, queuedAt + limit);
}

/** `messageExpiry`: the broker's own limit on waiting, in milliseconds. */
export function restoreDelivery(stored: StoredDelivery, messageExpiry: number): Delivery {
  const message = restoreMessage(stored.message);
  const delivery = new Delivery(
    stored.sequence,
    message,
    stored.qos,
    stored.retain,
    stored.subscriptionIdentifiers,
    stored.sharedFilter,
    stored.queuedAt,
    queueExpiry(message, stored.queuedAt, messageExpiry),
  );
  delivery.state = stored.state;
  delivery.packetId = stored.packetId;
  delivery.recorded = true;
  return delivery;
}
