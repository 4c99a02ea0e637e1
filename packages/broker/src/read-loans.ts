/**
 * Memory that large reads are copied into, and that packets larger than a read are put together in, lent until nobody reads
 * it any more. Left to the collector it would come back tens of megabytes later: out of the caches, and after a walk through
 * the whole heap for every few hundred reads. And what is taken from the system anew is cleared by it page by page.
 *
 * Nobody has to know of loans: one that is not returned is memory like any other, and the collector's. The connection
 * that received it returns it, when all that came in it were messages that are written and forgotten, and so does every
 * output that has bytes of it. Whoever keeps bytes for longer, or makes a view of them, says so.
 */

import { Buffer } from "node:buffer";

/** How large each is, but for those of large packets: bytes. */
export const LOAN_SIZE: number = 128 * 1024;
/** What is not longer than this is not lent, since what waits for a peer pins all of a loan: bytes. */
export const TOO_SHORT_TO_LEND: number = LOAN_SIZE / 2;
/** So many wait to be lent again; the last that came back goes first, as it is in the caches. */
const MOST_FREE = 64;
/** The same for large packets, in bytes. */
const MOST_FREE_LARGE = 16 * 1024 * 1024;
/** No larger packet is lent memory: bytes. */
const LARGEST = 4 * 1024 * 1024;
/** Memory for large packets has a multiple of so many bytes, so that it fits others of about the same size. */
const STEP = 16 * 1024;

const loans: WeakMap<Uint8Array, Loan> = new WeakMap();
const free: Loan[] = [];
const freeLarge: Loan[] = [];
let freeLargeBytes = 0;
/** What is asked about is nearly always the last one. */
let latest: Loan | null = null;

export class Loan {
  /** What was read; all of it or the beginning. */
  bytes: Buffer;
  /** It is not the collector's, and not free. @internal */
  lent = false;
  /** Which of the bytes that its connection has received is the first behind it. @internal to the connection */
  end = 0;
  readonly #memory: Buffer;
  #holders = 0;

  constructor(size: number) {
    this.#memory = Buffer.allocUnsafeSlow(size);
    this.bytes = this.#memory;
  }

  /** Bytes that it has room for. */
  get size(): number {
    return this.#memory.length;
  }

  /** @internal */
  lend(length: number): Buffer {
    this.bytes = length === this.size ? this.#memory : this.#memory.subarray(0, length);
    this.lent = true;
    loans.set(this.bytes, this);
    latest = this;
    return this.bytes;
  }

  /** Somebody reads it, until he releases it. */
  hold(): void {
    this.#holders++;
  }

  /** The last holder returns it. */
  release(): void {
    if (--this.#holders > 0 || !this.lent) return;
    this.lent = false;
    if (this.size === LOAN_SIZE) {
      if (free.length < MOST_FREE) free.push(this);
    } else {
      freeLarge.push(this);
      freeLargeBytes += this.size;
      while (freeLargeBytes > MOST_FREE_LARGE) freeLargeBytes -= (freeLarge.shift() as Loan).size;
    }
  }

  /** Somebody reads it who is not going to release it: it is the collector's. */
  keep(): void {
    this.lent = false;
  }
}

/** Memory for `length` bytes, more than `TOO_SHORT_TO_LEND`. Where there are too many it is not lent but the collector's. */
export function lend(length: number): Buffer {
  if (length > LARGEST) return Buffer.allocUnsafeSlow(length);
  const loan = length <= LOAN_SIZE ? (free.pop() ?? new Loan(LOAN_SIZE)) : lentLarge(length);
  return loan.lend(length);
}

/** A free one that fits without much to spare, the last of them that came back, or a new one. */
function lentLarge(length: number): Loan {
  const size = Math.ceil(length / STEP) * STEP;
  const index = freeLarge.findLastIndex((loan) => loan.size >= size && loan.size <= size + size / 8);
  if (index < 0) return new Loan(size);
  const [loan] = freeLarge.splice(index, 1) as [Loan];
  freeLargeBytes -= loan.size;
  return loan;
}

/** The loan that this very chunk is; undefined also when it was kept. */
export function loanOf(chunk: Uint8Array): Loan | undefined {
  if (chunk.length <= TOO_SHORT_TO_LEND) return undefined;
  const loan = latest !== null && latest.bytes === chunk ? latest : loans.get(chunk);
  return loan?.lent === true ? loan : undefined;
}

/** Bytes of this chunk are going to be read by somebody who does not release it. */
export function keepLoan(chunk: Uint8Array): void {
  loanOf(chunk)?.keep();
}
