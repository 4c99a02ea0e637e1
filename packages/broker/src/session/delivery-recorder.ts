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

  /** Queued, or sent for the first time. */
  put(delivery: Delivery): void {
    if (this.active)
      this.#journal.record({ type: "delivery-put", clientId: this.#clientId, delivery: { ...delivery } });
  }

  /** PUBREC was received: from now on PUBREL is owed. */
  released(delivery: Delivery): void {
    if (!this.active) return;
    const { packetId, sequence } = delivery;
    this.#journal.record({ type: "delivery-state", clientId: this.#clientId, sequence, state: "released", packetId });
  }

  /** Done with, or dropped. */
  delete(delivery: Delivery): void {
    if (!this.active) return;
    this.#journal.record({ type: "delivery-delete", clientId: this.#clientId, sequence: delivery.sequence });
  }
}
