/** Declares metrics: what each is called, what it means, and where its numbers are read when somebody scrapes. */

import { Counter, Gauge, type Metric, Registry } from "prom-client";
import { DurationHistogram } from "./duration-histogram.ts";

/** Label values by label name. */
export type Labels = Readonly<Record<string, string>>;

/** Numbers of a metric: its only one, or one for each combination of labels. */
export type Reading = number | Iterable<readonly [labels: Labels, value: number]>;

/** A metric as the documentation lists it. */
export interface MetricEntry {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
}

/** What a metric is called and means. */
export interface MetricName {
  readonly name: string;
  readonly help: string;
  /** Default: none. */
  readonly labels?: readonly string[];
}

/** The metrics of one broker. Nothing is counted here: values are read from the broker's statistics by each scrape. */
export class MetricBook {
  readonly registry: Registry = new Registry();
  readonly #entries: MetricEntry[] = [];

  /** Everything declared so far. */
  get entries(): readonly MetricEntry[] {
    return this.#entries;
  }

  counter(metric: MetricName, read: () => Reading): void {
    new Counter({
      ...this.#declare("counter", metric),
      collect() {
        this.reset();
        for (const [labels, value] of samplesOf(read())) this.inc(labels, value);
      },
    });
  }

  gauge(metric: MetricName, read: () => Reading): void {
    new Gauge({
      ...this.#declare("gauge", metric),
      collect() {
        this.reset();
        for (const [labels, value] of samplesOf(read())) this.set(labels, value);
      },
    });
  }

  /** Durations in seconds; whoever measures gives them to the result. */
  histogram(metric: MetricName): DurationHistogram {
    const { name, help, labelNames } = this.#declare("histogram", metric);
    const histogram = new DurationHistogram(name, help, labelNames);
    // The registry asks a metric for nothing but `name` and `get`; the type says more than that.
    this.registry.registerMetric(histogram as unknown as Metric);
    return histogram;
  }

  #declare(type: MetricEntry["type"], { name, help, labels = [] }: MetricName) {
    this.#entries.push({ name, type, help, labels });
    return { name, help, labelNames: labels, registers: [this.registry] };
  }
}

function samplesOf(reading: Reading): Iterable<readonly [labels: Labels, value: number]> {
  return typeof reading === "number" ? [[{}, reading]] : reading;
}
