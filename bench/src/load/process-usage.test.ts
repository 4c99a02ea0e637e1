import { describe, expect, it } from "vitest";
import { cpuSeconds, usageOf } from "./process-usage.ts";

describe("process usage", () => {
  it("reads user and system time behind a name with spaces and brackets", () => {
    const stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 9 9 20 0 11 0 1000";
    expect(cpuSeconds(stat)).toBe(3);
  });

  it.runIf(process.platform === "linux")("tells of this process", () => {
    const usage = usageOf(process.pid);
    expect(usage?.memory).toBeGreaterThan(10_000_000);
    expect(usage?.cpu).toBeGreaterThan(0);
  });

  it("tells nothing of a process that is not there", () => {
    expect(usageOf(0)).toBeUndefined();
  });
});
