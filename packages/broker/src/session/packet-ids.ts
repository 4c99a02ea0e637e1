/** A set of packet identifiers. It allocates when it grows and at no other time, unlike a `Set`, which does as it is used. */

const FEWEST_PLACES = 16;
/** An empty table with more places than this is given back. */
const KEPT_PLACES = 256;

const NO_PLACES = new Uint16Array(0);

export class PacketIds {
  /** An identifier is at or behind its home, without a free place in between; 0 is free. At most half full. */
  #places: Uint16Array = NO_PLACES;
  #size = 0;
  /** 32 less the number of bits of a place. */
  #shift = 32;

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    return this.#size > 0 && this.#places[this.#find(id)] === id;
  }

  /** Adds an identifier, 1 to 65535. */
  add(id: number): void {
    if (this.#size * 2 >= this.#places.length) this.#grow();
    const place = this.#find(id);
    if (this.#places[place] === id) return;
    this.#places[place] = id;
    this.#size++;
  }

  /** False when it was not there. */
  delete(id: number): boolean {
    if (!this.has(id)) return false;
    const places = this.#places;
    const mask = places.length - 1;
    let hole = this.#find(id);
    for (let place = (hole + 1) & mask; places[place] !== 0; place = (place + 1) & mask) {
      const other = places[place] as number;
      // One that could stand in the hole closes it: then nobody is looked for across a free place.
      if (((place - this.#home(other)) & mask) < ((place - hole) & mask)) continue;
      places[hole] = other;
      hole = place;
    }
    places[hole] = 0;
    if (--this.#size === 0 && places.length > KEPT_PLACES) this.#places = NO_PLACES;
    return true;
  }

  clear(): void {
    this.#places = NO_PLACES;
    this.#size = 0;
  }

  *[Symbol.iterator](): IterableIterator<number> {
    for (const id of this.#places) if (id !== 0) yield id;
  }

  /**
   * Spreads identifiers that follow each other (the golden ratio leaves a place free behind each of them): in a row they
   * would all be looked at whenever the first of them is deleted.
   */
  #home(id: number): number {
    return Math.imul(id, 0x9e3779b1) >>> this.#shift;
  }

  /** Where the identifier is, or else where it would go. */
  #find(id: number): number {
    const places = this.#places;
    const mask = places.length - 1;
    let place = this.#home(id);
    while (places[place] !== 0 && places[place] !== id) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Uint16Array(Math.max(FEWEST_PLACES, before.length * 2));
    this.#shift = Math.clz32(this.#places.length) + 1;
    for (const id of before) if (id !== 0) this.#places[this.#find(id)] = id;
  }
}
