/** How often one caller may ask: a bucket for each that fills at the configured rate. */

interface Bucket {
  tokens: number;
  filledAt: number;
}

/** Callers that are remembered; those that asked longest ago are forgotten first, with full buckets by then. */
const MAX_CALLERS = 10_000;

export class RateLimit {
  readonly #buckets: Map<string, Bucket> = new Map();
  readonly #perSecond: () => number;
  readonly #now: () => number;

  /** `perSecond` 0: no limit. `now` is in milliseconds and never goes back. */
  constructor(perSecond: () => number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Takes one of the caller's requests; false when there is none left. */
  take(caller: string): boolean {
    const rate = this.#perSecond();
    if (rate === 0) return true;
    const now = this.#now();
    const bucket = this.#buckets.get(caller) ?? { tokens: rate * 2, filledAt: now };
    bucket.tokens = Math.min(rate * 2, bucket.tokens + ((now - bucket.filledAt) / 1000) * rate);
    bucket.filledAt = now;
    this.#remember(caller, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #remember(caller: string, bucket: Bucket): void {
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    if (this.#buckets.size <= MAX_CALLERS) return;
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}
