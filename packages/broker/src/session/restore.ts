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

export function restoreDelivery(stored: StoredDelivery): Delivery {
  const delivery = new Delivery(
    stored.sequence,
    restoreMessage(stored.message),
    stored.qos,
    stored.retain,
    stored.subscriptionIdentifiers,
    stored.sharedFilter,
    stored.queuedAt,
  );
  delivery.state = stored.state;
  delivery.packetId = stored.packetId;
  delivery.recorded = true;
  return delivery;
}
