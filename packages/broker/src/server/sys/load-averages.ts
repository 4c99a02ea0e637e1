/** Moving averages over 1, 5 and 15 minutes, in units per minute. */

const WINDOWS = [1, 5, 15] as const;

export class LoadAverages {
  readonly #averages: Map<string, number[]> = new Map();
  #last: Map<string, number> | undefined;
  #lastAt = 0;

  /** Takes in counters that only rise; `monotonic` in milliseconds. */
  update(counters: Map<string, number>, monotonic: number): void {
    const minutes = (monotonic - this.#lastAt) / 60_000;
    for (const [name, value] of counters) {
      const averages = this.#averages.get(name) ?? [0, 0, 0];
      const before = this.#last?.get(name);
      if (before !== undefined && minutes > 0) {
        const rate = (value - before) / minutes;
        for (const [index, window] of WINDOWS.entries()) {
          const weight = Math.exp(-minutes / window);
          averages[index] = rate + weight * ((averages[index] as number) - rate);
        }
      }
      this.#averages.set(name, averages);
    }
    this.#last = counters;
    this.#lastAt = monotonic;
  }

  /** Topics below `$SYS/broker` with their values, for example `load/bytes/sent/5min`. */
  *values(): IterableIterator<[string, string]> {
    for (const [name, averages] of this.#averages) {
      for (const [index, window] of WINDOWS.entries()) {
        yield [`load/${name}/${window}min`, (averages[index] as number).toFixed(2)];
      }
    }
  }
}
