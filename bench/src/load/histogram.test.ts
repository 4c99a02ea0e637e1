import { describe, expect, it } from "vitest";
import { Histogram } from "./histogram.ts";

describe("Histogram", () => {
  it("tells quantiles of small values exactly", () => {
    const histogram = new Histogram();
    for (let value = 1; value <= 100; value++) histogram.add(value);
    expect([0.5, 0.99, 1].map((quantile) => histogram.quantile(quantile))).toEqual([50, 99, 100]);
    expect([histogram.count, histogram.max]).toEqual([100, 100]);
  });

  it("is less than 1.6 % off over the whole range", () => {
    for (const value of [128, 1000, 65_535, 1_234_567, 4_000_000_000]) {
      const histogram = new Histogram();
      histogram.add(value);
      histogram.add(0xffff_ffff);
      expect(Math.abs(histogram.quantile(0.5) - value) / value, String(value)).toBeLessThan(0.016);
    }
  });

  it("never answers more than the largest value", () => {
    const histogram = new Histogram();
    histogram.add(1025);
    expect(histogram.quantile(0.999)).toBeLessThanOrEqual(1025);
  });

  it("is empty at first and after clear", () => {
    const histogram = new Histogram();
    expect(histogram.quantile(0.5)).toBe(0);
    histogram.add(5);
    histogram.clear();
    expect([histogram.count, histogram.max, histogram.quantile(0.99)]).toEqual([0, 0, 0]);
  });
});
