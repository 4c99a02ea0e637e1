/** What waits between a packet that goes by and a reader who takes his time: a bounded queue that is iterated. */

export class EventBuffer<T> implements AsyncIterableIterator<T> {
  readonly #limit: number;
  readonly #items: T[] = [];
  #missed = 0;
  #waiting: ((result: IteratorResult<T>) => void) | undefined;
  #ended = false;

  /** Holds at most `limit` items. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `make` gets the number of items that were left out since the last one that was not. */
  push(make: (missed: number) => T): void {
    if (this.#ended) return;
    if (this.#waiting === undefined && this.#items.length >= this.#limit) {
      this.#missed++;
      return;
    }
    const item = make(this.#missed);
    this.#missed = 0;
    if (this.#waiting === undefined) this.#items.push(item);
    else this.#answer({ done: false, value: item });
  }

  /** No more items; those that wait are still read. */
  end(): void {
    this.#ended = true;
    this.#answer({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<T>> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<T>> {
    this.#items.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #answer(result: IteratorResult<T>): void {
    this.#waiting?.(result);
    this.#waiting = undefined;
  }
}
