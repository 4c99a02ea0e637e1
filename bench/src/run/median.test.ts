import { describe, expect, it } from "vitest";
import { combine, median } from "./median.ts";

describe("median", () => {
  it("is the middle one, or between the two in the middle", () => {
    expect([median([9, 1, 5]), median([4, 1, 3, 100])]).toEqual([5, 3.5]);
    expect(() => median([])).toThrow();
  });
});

describe("combine", () => {
  it("takes the median of each figure and the sum of each fault", () => {
    const runs = [
      { figures: { a: 1, b: 5 }, faults: { lost: 1 } },
      { figures: { a: 9 }, faults: { lost: 2 } },
      { figures: { a: 2, b: 7 }, faults: { lost: 0 } },
    ];
    expect(combine(runs)).toEqual({ figures: { a: 2, b: 6 }, faults: { lost: 3 } });
  });
});
