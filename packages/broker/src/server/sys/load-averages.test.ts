import { expect, test } from "vitest";
import { LoadAverages } from "./load-averages.ts";

function after(counters: readonly (readonly [number, number])[]): Record<string, number> {
  const averages = new LoadAverages();
  for (const [at, value] of counters) averages.update(new Map([["messages/sent", value]]), at);
  return Object.fromEntries([...averages.values()].map(([topic, text]) => [topic, Number(text)]));
}

test("begins at 0, and has a value per window", () => {
  expect(after([[1000, 500]])).toEqual({
    "load/messages/sent/1min": 0,
    "load/messages/sent/5min": 0,
    "load/messages/sent/15min": 0,
  });
});

test("approaches a steady rate per minute, the shorter window first", () => {
  const steady = Array.from({ length: 361 }, (_, index) => [index * 10_000, index * 100] as const);
  const soon = after(steady.slice(0, 7));
  expect(soon["load/messages/sent/1min"]).toBeCloseTo(600 * (1 - Math.exp(-1)), 1);
  expect(soon["load/messages/sent/5min"]).toBeCloseTo(600 * (1 - Math.exp(-1 / 5)), 1);
  const late = after(steady);
  expect(late["load/messages/sent/1min"]).toBeCloseTo(600, 1);
  expect(late["load/messages/sent/15min"]).toBeCloseTo(600 * (1 - Math.exp(-4)), 1);
});

test("two looks at the same time change nothing", () => {
  const once = after([
    [0, 0],
    [60_000, 60],
  ]);
  expect(
    after([
      [0, 0],
      [60_000, 60],
      [60_000, 60],
    ]),
  ).toEqual(once);
});
