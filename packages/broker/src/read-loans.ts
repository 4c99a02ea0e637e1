/**
 * Memory that large reads are copied into, lent until nobody reads it any more. Left to the collector it would come back
 * tens of megabytes later: out of the caches, and after a walk through the whole heap for every few hundred reads.
 *
 * Nobody has to know of loans: one that is not returned is memory like any other, and the collector's. The connection
 * that received it returns it, when all that came in it were messages that are written and forgotten, and so does every
 * output that has bytes of it. Whoever keeps bytes for longer, or makes a view of them, says so.
 */

import { Buffer } from "node:buffer";

/** How large each is: bytes. */
export const LOAN_SIZE: number = 128 * 1024;
/** What is not longer than this is not lent, since what waits for a peer pins all of a loan: bytes. */
export const TOO_SHORT_TO_LEND: number = LOAN_SIZE / 2;
/** So many wait to be lent again; the last that came back goes first, as it is in the caches. */
const MOST_FREE = 64;

const loans: WeakMap<Uint8Array, Loan> = new WeakMap();
const free: Loan[] = [];
/** What is asked about is nearly always the last one. */
let latest: Loan | null = null;

export class Loan {
  /** What was read; all of it or the beginning. */
  bytes: Buffer;
  /** It is not the collector's, and not free. @internal */
  lent = false;
  readonly #memory: Buffer = Buffer.allocUnsafeSlow(LOAN_SIZE);
  #holders = 0;

  constructor() {
    this.bytes = this.#memory;
  }

  /** @internal */
  lend(length: number): void {
    this.bytes = length === LOAN_SIZE ? this.#memory : this.#memory.subarray(0, length);
    this.lent = true;
  }

  /** Somebody reads it, until he releases it. */
  hold(): void {
    this.#holders++;
  }

  /** The last holder returns it. */
  release(): void {
    if (--this.#holders > 0 || !this.lent) return;
    this.lent = false;
    if (free.length < MOST_FREE) free.push(this);
  }

  /** Somebody reads it who is not going to release it: it is the collector's. */
  keep(): void {
    this.lent = false;
  }
}

/** Memory for `length` bytes, more than `TOO_SHORT_TO_LEND` and at most `LOAN_SIZE`. */
export function lend(length: number): Buffer {
  const loan = free.pop() ?? new Loan();
  loan.lend(length);
  loans.set(loan.bytes, loan);
  latest = loan;
  return loan.bytes;
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
