/** The lent memory that a connection's received bytes lie in. It goes back when nothing in it waits to be decoded. */

import { emptyArray } from "../empty-array.ts";
import { type Loan, lend, loanOf } from "../read-loans.ts";

export class BorrowedMemory {
  /** In the order of the bytes in them. */
  readonly #loans: Loan[] = [];
  readonly #kept: boolean;

  /** `kept`: packets may be held on to for any time, so that nothing goes back. */
  constructor(kept: boolean) {
    this.#kept = kept;
  }

  get isEmpty(): boolean {
    return this.#loans.length === 0;
  }

  /** Bytes have come, up to number `end` of all that were received. `whole`: there are no others in the chunk. */
  take(chunk: Buffer, end: number, whole: boolean): void {
    const loan = loanOf(chunk);
    if (loan === undefined) return;
    // Of a part packets have views, and outputs know a loan by its very chunk.
    if (this.#kept || !whole) {
      loan.keep();
      return;
    }
    loan.hold();
    loan.end = end;
    this.#loans.push(loan);
  }

  /** Memory for bytes that are going to come, up to number `end`. */
  lend(length: number, end: number): Buffer {
    const memory = lend(length);
    this.take(memory, end, true);
    return memory;
  }

  /** Nobody reads the received bytes before number `releasedBytes` any more. */
  release(releasedBytes: number): void {
    const loans = this.#loans;
    let returned = 0;
    for (const loan of loans) {
      if (loan.end > releasedBytes) break;
      loan.release();
      returned++;
    }
    if (returned === loans.length) emptyArray(loans);
    else if (returned > 0) loans.splice(0, returned);
  }

  /** Somebody may go on reading what is here now. */
  keep(): void {
    for (const loan of this.#loans) loan.keep();
    emptyArray(this.#loans);
  }
}
