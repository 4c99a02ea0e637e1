/** Counts, and notes every broken promise. */

/** After so many it is clear enough. */
const MOST_SHOWN = 50;

export class Judge {
  readonly violations: string[] = [];
  violationCount = 0;
  sent = 0;
  acknowledged = 0;
  delivered = 0;
  repeated = 0;
  resumes = 0;
  refusals = 0;
  wills = 0;
  readonly #begun: number = Date.now();

  /** Writes it down with the time since the start, in seconds. */
  violation(what: string): void {
    this.violationCount++;
    const line = `${((Date.now() - this.#begun) / 1000).toFixed(1)} s: ${what}`;
    if (this.violations.length < MOST_SHOWN) {
      this.violations.push(line);
      console.error(`VIOLATION at ${line}`);
    }
  }
}
