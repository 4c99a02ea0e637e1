/** Outgoing QoS 1 and 2 messages that were sent and not yet fully acknowledged, and the packet identifiers they hold. */

import type { Delivery } from "./delivery.ts";

const LAST_ID = 65535;
const FEWEST_SLOTS = 16;
/** An empty table with more slots than this is given back. */
const KEPT_SLOTS = 256;

const NO_SLOTS: (Delivery | null)[] = [];

/**
 * A table by packet identifier, and a list in the order of sending that runs through the deliveries themselves. A `Map`
 * would do both, but leaves a table behind at every rehash whose entries the young generation's collector takes for
 * alive: half of all messages would wait for a full collection.
 */
export class Inflight {
  /** Identifier `id` is at `id & (length - 1)`; identifiers whose place is taken are passed over. At most half full. */
  #slots: (Delivery | null)[] = NO_SLOTS;
  #size = 0;
  /** In order of sending: that is the order of sending again [MQTT-4.6.0-1]. */
  #oldest: Delivery | null = null;
  #newest: Delivery | null = null;
  /**
   * Identifiers of messages that were given up while the client was connected. It may still hold them, so each goes on
   * counting against its Receive Maximum until it acknowledges or reconnects. null: there are none.
   */
  #abandoned: Set<number> | null = null;
  #lastId = 0;
  #bytes = 0;

  get size(): number {
    return this.#size;
  }

  /** What counts against the client's Receive Maximum. */
  get occupied(): number {
    return this.#abandoned === null ? this.#size : this.#size + this.#abandoned.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(packetId: number): Delivery | undefined {
    const slots = this.#slots;
    if (slots.length === 0) return undefined;
    const delivery = slots[packetId & (slots.length - 1)] as Delivery | null;
    return delivery !== null && delivery.packetId === packetId ? delivery : undefined;
  }

  /** Gives the delivery a packet identifier that nothing in flight has [MQTT-2.2.1-4]. The caller has checked that there is room. */
  add(delivery: Delivery): number {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const slots = this.#slots;
    const mask = slots.length - 1;
    let id = this.#lastId;
    do {
      id = id === LAST_ID ? 1 : id + 1;
    } while (slots[id & mask] !== null || this.#abandoned?.has(id));
    this.#lastId = id;
    delivery.packetId = id;
    this.#put(delivery);
    return id;
  }

  /** Puts back a delivery that has its identifier from before a restart. */
  restore(delivery: Delivery): void {
    const { packetId } = delivery;
    this.remove(packetId); // a store that has an identifier twice is damaged; the later one holds
    while (this.#size * 2 >= this.#slots.length || this.#slots[packetId & (this.#slots.length - 1)] !== null) {
      this.#grow();
    }
    this.#put(delivery);
    this.#lastId = packetId;
  }

  remove(packetId: number): Delivery | undefined {
    const delivery = this.get(packetId);
    if (delivery === undefined) return undefined;
    this.#slots[packetId & (this.#slots.length - 1)] = null;
    this.#bytes -= delivery.size;
    this.#unlink(delivery);
    if (--this.#size === 0 && this.#slots.length > KEPT_SLOTS) this.#slots = NO_SLOTS;
    return delivery;
  }

  /** Gives up the oldest message if it was sent before `before`; its identifier stays taken. */
  abandonOldest(before: number): Delivery | undefined {
    const delivery = this.#oldest;
    if (delivery === null || (delivery.sentAt ?? 0) > before || delivery.state === "released") return undefined;
    this.remove(delivery.packetId);
    this.#abandoned ??= new Set();
    this.#abandoned.add(delivery.packetId);
    return delivery;
  }

  /** The client acknowledged a message that was given up. */
  settleAbandoned(packetId: number): boolean {
    const abandoned = this.#abandoned;
    if (abandoned === null || !abandoned.delete(packetId)) return false;
    if (abandoned.size === 0) this.#abandoned = null;
    return true;
  }

  /** A new connection knows nothing of what was given up. */
  forgetAbandoned(): void {
    this.#abandoned = null;
  }

  /** All, in order of sending. */
  all(): Delivery[] {
    const deliveries: Delivery[] = [];
    for (let delivery = this.#oldest; delivery !== null; delivery = delivery.nextSent) deliveries.push(delivery);
    return deliveries;
  }

  #put(delivery: Delivery): void {
    this.#slots[delivery.packetId & (this.#slots.length - 1)] = delivery;
    this.#size++;
    this.#bytes += delivery.size;
    const newest = this.#newest;
    if (newest === null) this.#oldest = delivery;
    else newest.nextSent = delivery;
    delivery.previousSent = newest;
    this.#newest = delivery;
  }

  /** Whoever is out of the list points at nobody: a dead delivery must not keep the next one alive. */
  #unlink(delivery: Delivery): void {
    const { nextSent, previousSent } = delivery;
    if (previousSent === null) this.#oldest = nextSent;
    else previousSent.nextSent = nextSent;
    if (nextSent === null) this.#newest = previousSent;
    else nextSent.previousSent = previousSent;
    delivery.nextSent = null;
    delivery.previousSent = null;
  }

  /** Identifiers that differ in the smaller table differ in the larger one. */
  #grow(): void {
    const slots = new Array<Delivery | null>(Math.max(FEWEST_SLOTS, this.#slots.length * 2)).fill(null);
    for (const delivery of this.#slots) {
      if (delivery !== null) slots[delivery.packetId & (slots.length - 1)] = delivery;
    }
    this.#slots = slots;
  }
}
