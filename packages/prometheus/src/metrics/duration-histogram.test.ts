import { describe, expect, it } from "vitest";
import { DURATION_BOUNDS, DurationHistogram } from "./duration-histogram.ts";

interface Value {
  readonly metricName: string;
  readonly labels: Record<string, string>;
  readonly value: number;
}

async function valuesOf(histogram: DurationHistogram): Promise<Value[]> {
  return ((await histogram.get()) as { values: Value[] }).values;
}

describe("a histogram of durations", () => {
  it("counts a duration in its bucket and in all above, bounds included", async () => {
    const histogram = new DurationHistogram("d", "help", []);
    for (const milliseconds of [0.01, 0.0101, 10_000, 10_001]) histogram.with().observe(milliseconds);
    const buckets = (await valuesOf(histogram)).filter(({ metricName }) => metricName === "d_bucket");
    const counts = Object.fromEntries(buckets.map(({ labels, value }) => [labels.le, value]));
    expect(Object.keys(counts)).toHaveLength(DURATION_BOUNDS.length + 1);
    expect(counts).toMatchObject({ "0.00001": 1, "0.000025": 2, "5": 2, "10": 3, "+Inf": 4 });
  });

  it("sums in seconds", async () => {
    const histogram = new DurationHistogram("d", "help", []);
    histogram.with().observe(250);
    histogram.with().observe(500);
    const values = await valuesOf(histogram);
    expect(values.find(({ metricName }) => metricName === "d_sum")?.value).toBeCloseTo(0.75);
    expect(values.find(({ metricName }) => metricName === "d_count")?.value).toBe(2);
  });

  it("keeps label values apart", async () => {
    const histogram = new DurationHistogram("d", "help", ["plugin", "hook"]);
    histogram.with("a", "x").observe(1);
    histogram.with("a", "y").observe(1);
    histogram.with("a", "y").observe(1);
    const counts = (await valuesOf(histogram)).filter(({ metricName }) => metricName === "d_count");
    expect(counts).toEqual([
      { metricName: "d_count", labels: { plugin: "a", hook: "x" }, value: 1 },
      { metricName: "d_count", labels: { plugin: "a", hook: "y" }, value: 2 },
    ]);
  });
});
