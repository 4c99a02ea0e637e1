/** Tells the store what becomes of the deliveries of one session; says nothing for a session that ends with its connection. */

import type { Journal } from "../persistence/journal.ts";
import type { Delivery } from "./delivery.ts";

export class DeliveryRecorder {
  readonly #clientId: string;
  readonly #journal: Journal;
  /** The session survives its connection, and the store is durable. */
  active = false;

  constructor(clientId: string, journal: Journal) {
    this.#clientId = clientId;
    this.#journal = journal;
  }

  /** Queued, or sent without having been queued. */
  put(delivery: Delivery): void {
    if (!this.active) return;
    delivery.recorded = true;
    const { message, packetId, qos, queuedAt, retain, sequence, sharedFilter, state, subscriptionIdentifiers } =
      delivery;
    // As it is now, and without what is the session's own: all of it takes twice the memory.
    const stored = {
      sequence,
      message,
      qos,
      retain,
      subscriptionIdentifiers,
      sharedFilter,
      queuedAt,
      state,
      packetId,
    };
    this.#journal.record({ type: "delivery-put", clientId: this.#clientId, delivery: stored });
  }

  /** Queued in the store alone. Nothing happens to it here any more, so that it needs no copy. */
  putAway(delivery: Delivery): void {
    if (this.active) this.#journal.record({ type: "delivery-put", clientId: this.#clientId, delivery });
  }

  /** Sent for the first time: the store gets the message itself only once. */
  published(delivery: Delivery): void {
    if (delivery.recorded) this.#moved(delivery);
    else this.put(delivery);
  }

  /** PUBREC was received: from now on PUBREL is owed. */
  released(delivery: Delivery): void {
    this.#moved(delivery);
  }

  /** Done with, or dropped. */
  delete(delivery: Delivery): void {
    if (!this.active) return;
    this.#journal.record({ type: "delivery-delete", clientId: this.#clientId, sequence: delivery.sequence });
  }

  #moved({ packetId, sequence, state }: Delivery): void {
    if (!this.active) return;
    this.#journal.record({ type: "delivery-state", clientId: this.#clientId, sequence, state, packetId });
  }
}
