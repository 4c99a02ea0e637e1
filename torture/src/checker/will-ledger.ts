/** Which wills of one client have to go out, which must not, and which did. */

import type { Disturbances } from "./disturbances.ts";
import type { Judge } from "./judge.ts";

interface Span {
  readonly from: number;
  readonly to: number;
}

export class WillLedger {
  readonly #clientId: string;
  readonly #judge: Judge;
  readonly #due: Set<number> = new Set();
  /** By the number of the will; it counts only if nothing was disturbed in that time. */
  readonly #forbidden: Map<number, Span | undefined> = new Map();
  readonly #arrived: Set<number> = new Set();

  constructor(clientId: string, judge: Judge) {
    this.#clientId = clientId;
    this.#judge = judge;
  }

  /** The will has to go out. */
  owe(number: number): void {
    this.#due.add(number);
  }

  /** The will must not go out, unless something was disturbed in the span. */
  forbid(number: number, span?: Span): void {
    this.#forbidden.set(number, span);
  }

  /** The will was received. */
  take(number: number): void {
    this.#arrived.add(number);
  }

  has(number: number): boolean {
    return this.#arrived.has(number);
  }

  get complete(): boolean {
    for (const number of this.#due) if (!this.#arrived.has(number)) return false;
    return true;
  }

  /** To be asked when everything has arrived that is going to. */
  finish(disturbances: Disturbances): void {
    for (const number of this.#due) {
      this.#judge.check("wills");
      if (this.#arrived.has(number)) continue;
      this.#judge.violation("wills", `will ${number} of ${this.#clientId} was not published`);
    }
    for (const [number, span] of this.#forbidden) {
      if (span !== undefined && !disturbances.calm(span.from, span.to)) continue;
      this.#judge.check("stillWills");
      if (!this.#arrived.has(number)) continue;
      this.#judge.violation("stillWills", `will ${number} of ${this.#clientId} was published though it was taken back`);
    }
  }
}
