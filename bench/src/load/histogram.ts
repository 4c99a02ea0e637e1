/** Latencies counted in buckets, 64 to a power of two: less than 1.6 % off, and no memory per value. */

const SUB_BITS = 6;
const SUB_BUCKETS = 1 << SUB_BITS;
/** Values are whole microseconds below 2^32. */
const BUCKETS = (32 - SUB_BITS + 1) << SUB_BITS;

export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;
  #max = 0;

  /** Counts one value: a whole number from 0, below 2^32. */
  add(value: number): void {
    this.#total++;
    if (value > this.#max) this.#max = value;
    this.#counts[bucketOf(value)]!++;
  }

  get count(): number {
    return this.#total;
  }

  get max(): number {
    return this.#max;
  }

  /** The value that the share `quantile` (0 to 1) of all values does not exceed; 0 when there is none. */
  quantile(quantile: number): number {
    const wanted = Math.max(1, Math.ceil(quantile * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= wanted) return Math.min(middleOf(bucket), this.#max);
    }
    return this.#max;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.#max = 0;
  }
}

function bucketOf(value: number): number {
  if (value < 2 * SUB_BUCKETS) return value;
  const shift = 31 - Math.clz32(value) - SUB_BITS;
  return (shift << SUB_BITS) + (value >>> shift);
}

function middleOf(bucket: number): number {
  if (bucket < 2 * SUB_BUCKETS) return bucket;
  const shift = (bucket >> SUB_BITS) - 1;
  const lowest = ((bucket & (SUB_BUCKETS - 1)) | SUB_BUCKETS) * 2 ** shift;
  return lowest + Math.floor(2 ** shift / 2);
}
