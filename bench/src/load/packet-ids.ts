/** The packet identifiers of one publisher: at most as many in use as its window is wide. */

export class PacketIds {
  readonly #free: Uint16Array;
  readonly #used: Uint8Array;
  #freeCount: number;

  /** Identifiers 1 to `count`, at most 65,535. */
  constructor(count: number) {
    this.#free = Uint16Array.from({ length: count }, (_, index) => count - index);
    this.#used = new Uint8Array(count + 1);
    this.#freeCount = count;
  }

  get inUse(): number {
    return this.#free.length - this.#freeCount;
  }

  get left(): number {
    return this.#freeCount;
  }

  /** A free identifier; there must be one. */
  take(): number {
    const id = this.#free[--this.#freeCount]!;
    this.#used[id] = 1;
    return id;
  }

  /** Frees an identifier; false when it was not in use, which is an acknowledgement of nothing. */
  giveBack(id: number): boolean {
    if (this.#used[id] !== 1) return false;
    this.#used[id] = 0;
    this.#free[this.#freeCount++] = id;
    return true;
  }
}
