/** The messages of a session that wait to be sent, in order; the drop policy's view of them is cheap. */

import type { Delivery } from "./delivery.ts";

/** Below this many removed places in front the array is left as it is. */
const COMPACT_AT = 256;

export class DeliveryQueue {
  /** Removed entries leave null; the live ones begin at or after `#head`. */
  #entries: (Delivery | null)[] = [];
  #head = 0;
  #length = 0;
  #bytes = 0;
  #qos0 = 0;
  /** No message expires before this, and none was queued before that: a full queue is not searched for each that comes. */
  #soonest = Number.POSITIVE_INFINITY;
  #oldest = Number.POSITIVE_INFINITY;

  get length(): number {
    return this.#length;
  }

  /** Topics and payloads of all entries. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many entries have QoS 0: live QoS 0 messages must not overtake them. */
  get qos0Length(): number {
    return this.#qos0;
  }

  push(delivery: Delivery): void {
    this.#entries.push(delivery);
    this.#length++;
    this.#bytes += delivery.size;
    if (delivery.qos === 0) this.#qos0++;
    this.#bound(delivery);
  }

  peek(): Delivery | undefined {
    if (this.#length === 0) return undefined;
    let head = this.#head;
    while (this.#entries[head] === null) head++;
    this.#head = head;
    return this.#entries[head] as Delivery;
  }

  shift(): Delivery | undefined {
    const delivery = this.peek();
    if (delivery === undefined) return undefined;
    this.#remove(this.#head, delivery);
    return delivery;
  }

  /** Takes out the first entry that has expired; `limit` as in `Delivery.expired`. */
  takeExpired(now: number, limit: number): Delivery | undefined {
    if (now < this.#soonest && (limit === 0 || now < this.#oldest + limit)) return undefined;
    const expired = this.#takeFirst((delivery) => delivery.expired(now, limit));
    if (expired === undefined) {
      this.#unbound();
      for (const delivery of this) this.#bound(delivery);
    }
    return expired;
  }

  /** Takes out the oldest entry with QoS 0. */
  takeQoS0(): Delivery | undefined {
    return this.#qos0 === 0 ? undefined : this.#takeFirst((delivery) => delivery.qos === 0);
  }

  /** Takes out every entry that `choose` answers true for, in order. */
  takeAll(choose: (delivery: Delivery) => boolean): Delivery[] {
    const taken: Delivery[] = [];
    const kept: Delivery[] = [];
    for (const delivery of this) (choose(delivery) ? taken : kept).push(delivery);
    this.#entries = kept;
    this.#head = 0;
    for (const delivery of taken) this.#uncount(delivery);
    return taken;
  }

  *[Symbol.iterator](): IterableIterator<Delivery> {
    for (let index = this.#head; index < this.#entries.length; index++) {
      const delivery = this.#entries[index];
      if (delivery !== null && delivery !== undefined) yield delivery;
    }
  }

  #takeFirst(choose: (delivery: Delivery) => boolean): Delivery | undefined {
    for (let index = this.#head; index < this.#entries.length; index++) {
      const delivery = this.#entries[index];
      if (delivery === null || delivery === undefined || !choose(delivery)) continue;
      this.#remove(index, delivery);
      return delivery;
    }
    return undefined;
  }

  #remove(index: number, delivery: Delivery): void {
    this.#entries[index] = null;
    this.#uncount(delivery);
    if (this.#length === 0) {
      this.#entries = [];
      this.#head = 0;
      this.#unbound();
      return;
    }
    if (index === this.#head) this.#head++;
    // Holes are few compared to entries, or they are closed: the array never outgrows the queue by more than double.
    if (this.#entries.length - this.#length > COMPACT_AT + this.#length) {
      this.#entries = this.#entries.filter((entry) => entry !== null);
      this.#head = 0;
    }
  }

  #bound({ message, queuedAt }: Delivery): void {
    if (message.expiresAt < this.#soonest) this.#soonest = message.expiresAt;
    if (queuedAt < this.#oldest) this.#oldest = queuedAt;
  }

  #unbound(): void {
    this.#soonest = Number.POSITIVE_INFINITY;
    this.#oldest = Number.POSITIVE_INFINITY;
  }

  #uncount(delivery: Delivery): void {
    this.#length--;
    this.#bytes -= delivery.size;
    if (delivery.qos === 0) this.#qos0--;
  }
}
