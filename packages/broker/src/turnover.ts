/**
 * Collections for what comes and goes all the time and is large itself: connections, clients, sessions. A `Map` or `Set`
 * grows into a new table and leaves the old one behind, with all it held then; as the young generation's collector takes
 * an old table for alive, it would keep every one of them until the next full collection.
 */

/** What is left in a table of the past points here, and here at nothing once it is deleted. */
interface Entry<V> {
  value: V | undefined;
}

/** A map whose deleted values are let go of at once. */
export class TurnoverMap<K, V extends object> {
  readonly #entries: Map<K, Entry<V>> = new Map();

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: K, value: V): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, { value });
    else entry.value = value;
  }

  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    entry.value = undefined;
    return this.#entries.delete(key);
  }

  /** In the order of `set`; entries may come and go meanwhile, as in a `Map`. */
  *values(): IterableIterator<V> {
    for (const { value } of this.#entries.values()) if (value !== undefined) yield value;
  }

  /** At most `limit` of `values()`, behind the first `offset`; what is passed over is not looked at. */
  slice(offset: number, limit: number): V[] {
    const slice: V[] = [];
    const entries = this.#entries.values();
    for (let index = 0; index < offset && index < this.size; index++) entries.next();
    for (const { value } of entries) {
      if (slice.length >= limit) break;
      slice.push(value as V);
    }
    return slice;
  }
}

/** A member of a `TurnoverSet` knows its place in it. */
export interface Placed {
  /** -1 outside. */
  place: number;
}

/** A set without order, for members that are in no other. */
export class TurnoverSet<T extends Placed> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  add(member: T): void {
    if (member.place >= 0) return;
    member.place = this.#members.length;
    this.#members.push(member);
  }

  delete(member: T): void {
    const { place } = member;
    if (place < 0) return;
    member.place = -1;
    const last = this.#members.pop() as T;
    if (last === member) return;
    this.#members[place] = last;
    last.place = place;
  }

  /** All members now. */
  all(): T[] {
    return [...this.#members];
  }
}
