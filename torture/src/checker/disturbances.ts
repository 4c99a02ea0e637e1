/** When something was killed, stopped or cut: what happened around then may have gone either way. */

/** How long before and after a disturbance nothing is certain: milliseconds. */
const BEFORE = 2000;
const AFTER = 15_000;

export class Disturbances {
  readonly #times: number[] = [];

  /** Something happens now. */
  note(): void {
    this.#times.push(Date.now());
  }

  /** Something happened around that time. */
  around(time: number): boolean {
    return this.#times.some((other) => other > time - AFTER && other < time + BEFORE + AFTER);
  }

  /** Something happened since that time. */
  since(time: number): boolean {
    const last = this.#times.at(-1);
    return last !== undefined && last >= time;
  }
}
