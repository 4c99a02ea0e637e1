/** Counts what was looked at, and notes every broken promise. */

/** After so many it is clear enough. */
const MOST_SHOWN = 50;

/** What is promised, each with the words for it; a run reports on every one. */
export const PROMISES = {
  kept: "no acknowledged message of QoS 1 or 2 is lost",
  once: "no message of QoS 2 is delivered twice",
  order: "the order per publisher, topic and QoS is kept",
  shared: "a shared subscription gets every message, of QoS 2 once",
  retained: "the retained message is the last acknowledged one",
  subscriptions: "subscriptions are as acknowledged",
  wills: "wills go out when they have to",
  stillWills: "wills that were taken back don't go out",
  sessions: "an acknowledged session is there",
  answers: "everybody gets done once nothing is killed any more",
  processes: "the broker ends by itself only when it finds no store to start with",
} as const;

/** One of the promises. */
export type PromiseName = keyof typeof PROMISES;

export class Judge {
  readonly violations: string[] = [];
  violationCount = 0;
  sent = 0;
  acknowledged = 0;
  delivered = 0;
  repeated = 0;
  resumes = 0;
  refusals = 0;
  readonly #begun: number = Date.now();
  readonly #checks: Map<PromiseName, number> = new Map();
  readonly #broken: Map<PromiseName, number> = new Map();

  /** It was looked at, whatever came of it. */
  check(promise: PromiseName, times: number = 1): void {
    this.#checks.set(promise, this.checks(promise) + times);
  }

  /** How often it was looked at. */
  checks(promise: PromiseName): number {
    return this.#checks.get(promise) ?? 0;
  }

  /** Times it was found broken. */
  broken(promise: PromiseName): number {
    return this.#broken.get(promise) ?? 0;
  }

  /** Writes it down with the time since the start, in seconds. */
  violation(promise: PromiseName, what: string): void {
    this.violationCount++;
    this.#broken.set(promise, this.broken(promise) + 1);
    const line = `${((Date.now() - this.#begun) / 1000).toFixed(1)} s: ${what}`;
    if (this.violations.length < MOST_SHOWN) {
      this.violations.push(line);
      console.error(`VIOLATION at ${line}`);
    }
  }

  /** One line for each promise, and how many were kept. One that nothing was seen of was not proved, so it fails. */
  verdict(): { readonly lines: readonly string[]; readonly passed: number; readonly failed: number } {
    const lines: string[] = [];
    let passed = 0;
    let failed = 0;
    for (const promise of Object.keys(PROMISES) as PromiseName[]) {
      const broken = this.broken(promise);
      const good = broken === 0 && this.checks(promise) > 0;
      if (good) passed++;
      else failed++;
      const how = good ? "" : `, broken ${broken} times`;
      lines.push(`${good ? "ok   " : "FAIL "} ${PROMISES[promise]} (looked at ${this.checks(promise)} times${how})`);
    }
    return { lines, passed, failed };
  }
}
