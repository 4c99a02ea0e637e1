/** Memory that commits are gathered in, used again and again: a burst of messages leaves nothing to the collector. */

import { Buffer } from "node:buffer";

const SMALLEST = 16 * 1024;
/** What is larger is rare, and not kept. */
const LARGEST_KEPT = 512 * 1024;
/** More than are under way with the default of `max_outstanding_commits`. */
const MOST_KEPT = 8;

export class BufferPool {
  readonly #free: Buffer[] = [];

  /** At least so many bytes: the smallest that are free, or new ones. */
  take(length: number): Buffer {
    let best = -1;
    for (let index = 0; index < this.#free.length; index++) {
      const size = this.#sizeAt(index);
      if (size >= length && (best < 0 || size < this.#sizeAt(best))) best = index;
    }
    if (best >= 0) return this.#free.splice(best, 1)[0] as Buffer;
    let size = SMALLEST;
    while (size < length) size *= 2;
    return Buffer.allocUnsafeSlow(size);
  }

  /** Only for what nobody reads or writes any more. When there are too many, the smallest goes: large ones serve all. */
  give(buffer: Buffer): void {
    if (buffer.length > LARGEST_KEPT) return;
    this.#free.push(buffer);
    if (this.#free.length <= MOST_KEPT) return;
    let smallest = 0;
    for (let index = 1; index < this.#free.length; index++) {
      if (this.#sizeAt(index) < this.#sizeAt(smallest)) smallest = index;
    }
    this.#free.splice(smallest, 1);
  }

  #sizeAt(index: number): number {
    return (this.#free[index] as Buffer).length;
  }
}
