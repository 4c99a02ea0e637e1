import { describe, expect, test } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

describe("durations", () => {
  test.each([
    ["0", 0],
    ["0s", 0],
    ["1ms", 1],
    ["500ms", 500],
    ["20s", 20_000],
    ["90m", 5_400_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["1h30m", 5_400_000],
    ["2h0m0s", 7_200_000],
    ["1d2h3m4s5ms", 93_784_005],
    ["1.5h", 5_400_000],
    ["0.5s", 500],
  ])("reads %s as %i ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each([
    "",
    "2",
    "h",
    "2x",
    "2 h",
    " 2h",
    "2h ",
    "-2h",
    "2hours",
    "30m1h",
    "1h1h",
    "1e3s",
    "1h30",
    `${"9".repeat(400)}d`,
  ])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each([
    [0, "0"],
    [1, "1ms"],
    [20_000, "20s"],
    [5_400_000, "1h30m"],
    [93_784_005, "1d2h3m4s5ms"],
  ])("writes %i ms as %s, which reads back the same", (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text);
    expect(parseDuration(text)).toBe(milliseconds);
  });
});
