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
    this.#journal.record({ type: "delivery-put", clientId: this.#clientId, delivery: { ...delivery } });
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
