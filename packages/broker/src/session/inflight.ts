/** Outgoing QoS 1 and 2 messages that were sent and not yet fully acknowledged, and the packet identifiers they hold. */

import type { Delivery } from "./delivery.ts";

const LAST_ID = 65535;

export class Inflight {
  /** In order of sending: that is the order of sending again [MQTT-4.6.0-1]. */
  readonly #entries: Map<number, Delivery> = new Map();
  /**
   * Identifiers of messages that were given up while the client was connected. It may still hold them, so each goes on
   * counting against its Receive Maximum until it acknowledges or reconnects.
   */
  readonly #abandoned: Set<number> = new Set();
  #lastId = 0;
  #bytes = 0;

  get size(): number {
    return this.#entries.size;
  }

  /** What counts against the client's Receive Maximum. */
  get occupied(): number {
    return this.#entries.size + this.#abandoned.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(packetId: number): Delivery | undefined {
    return this.#entries.get(packetId);
  }

  /** Gives the delivery a packet identifier that nothing in flight has [MQTT-2.2.1-4]. The caller has checked that there is room. */
  add(delivery: Delivery): number {
    let id = this.#lastId;
    do {
      id = id === LAST_ID ? 1 : id + 1;
    } while (this.#entries.has(id) || this.#abandoned.has(id));
    this.#lastId = id;
    delivery.packetId = id;
    this.#put(id, delivery);
    return id;
  }

  /** Puts back a delivery that has its identifier from before a restart. */
  restore(delivery: Delivery): void {
    this.#put(delivery.packetId, delivery);
    this.#lastId = delivery.packetId;
  }

  remove(packetId: number): Delivery | undefined {
    const delivery = this.#entries.get(packetId);
    if (delivery === undefined) return undefined;
    this.#entries.delete(packetId);
    this.#bytes -= delivery.size;
    return delivery;
  }

  /** Gives up the oldest message if it was sent before `before`; its identifier stays taken. */
  abandonOldest(before: number): Delivery | undefined {
    for (const delivery of this.#entries.values()) {
      if (delivery.sentAt > before || delivery.state === "released") return undefined;
      this.remove(delivery.packetId);
      this.#abandoned.add(delivery.packetId);
      return delivery;
    }
    return undefined;
  }

  /** The client acknowledged a message that was given up. */
  settleAbandoned(packetId: number): boolean {
    return this.#abandoned.delete(packetId);
  }

  /** A new connection knows nothing of what was given up. */
  forgetAbandoned(): void {
    this.#abandoned.clear();
  }

  values(): IterableIterator<Delivery> {
    return this.#entries.values();
  }

  #put(id: number, delivery: Delivery): void {
    this.#entries.set(id, delivery);
    this.#bytes += delivery.size;
  }
}
