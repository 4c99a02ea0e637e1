/** A histogram of durations that costs a few additions per observation, so that it can stand in the way of messages. */

/** Upper bounds of the buckets in seconds: 10 µs to 10 s in steps of 1, 2.5 and 5. */
export const DURATION_BOUNDS: readonly number[] = [
  0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
  5, 10,
];

/** The durations of one combination of labels. */
export class Durations {
  /** By bucket, not cumulated; the last one is beyond all bounds. */
  readonly #counts: Float64Array = new Float64Array(DURATION_BOUNDS.length + 1);
  #sum = 0;

  observe(milliseconds: number): void {
    const seconds = milliseconds / 1000;
    let bucket = 0;
    while (seconds > (DURATION_BOUNDS[bucket] ?? Number.POSITIVE_INFINITY)) bucket++;
    this.#counts[bucket]! += 1;
    this.#sum += seconds;
  }

  /** As Prometheus wants it: cumulated buckets, sum and count. */
  *samples(name: string, labels: Readonly<Record<string, string>>): Iterable<HistogramSample> {
    let total = 0;
    for (const [index, count] of this.#counts.entries()) {
      total += count;
      const le = DURATION_BOUNDS[index] ?? "+Inf";
      yield { metricName: `${name}_bucket`, labels: { ...labels, le: String(le) }, value: total };
    }
    yield { metricName: `${name}_sum`, labels, value: this.#sum };
    yield { metricName: `${name}_count`, labels, value: total };
  }
}

/** One line of a scrape. */
export interface HistogramSample {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric of prom-client's registry. */
export class DurationHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = "histogram";
  readonly aggregator = "sum";
  readonly labelNames: readonly string[];
  readonly #children: Map<string, { readonly labels: Record<string, string>; readonly durations: Durations }> =
    new Map();

  constructor(name: string, help: string, labelNames: readonly string[]) {
    this.name = name;
    this.help = help;
    this.labelNames = labelNames;
  }

  /** The durations of these label values, in the order of the label names. To be kept by whoever measures often. */
  with(...values: string[]): Durations {
    const key = JSON.stringify(values);
    const known = this.#children.get(key);
    if (known !== undefined) return known.durations;
    const labels = Object.fromEntries(this.labelNames.map((name, index) => [name, values[index] ?? ""]));
    const durations = new Durations();
    this.#children.set(key, { labels, durations });
    return durations;
  }

  /** @internal called by the registry */
  async get(): Promise<object> {
    const { aggregator, help, name, type } = this;
    const children = [...this.#children.values()];
    const values = children.flatMap(({ labels, durations }) => [...durations.samples(name, labels)]);
    return { name, help, type, aggregator, values };
  }

  /** @internal called by the registry */
  reset(): void {
    this.#children.clear();
  }
}
