import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Disturbances } from "./disturbances.ts";
import { Judge } from "./judge.ts";
import { WillLedger } from "./will-ledger.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 1000 });
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.useRealTimers();
});

it("shows a will that did not go out, and one that did though it was taken back", () => {
  const judge = new Judge();
  const ledger = new WillLedger("client", judge);
  for (const number of [1, 2]) ledger.owe(number);
  for (const number of [3, 4]) ledger.forbid(number);
  for (const number of [2, 4]) ledger.take(number);
  expect(ledger.complete).toBe(false);
  ledger.finish(new Disturbances());
  expect(judge.violations.map((line) => line.replace(/^[\d.]+ s: /, ""))).toEqual([
    "will 1 of client was not published",
    "will 4 of client was published though it was taken back",
  ]);
  expect([judge.checks("wills"), judge.checks("stillWills")]).toEqual([2, 2]);
});

it("does not judge a goodbye that may not have been heard", () => {
  const judge = new Judge();
  const disturbances = new Disturbances();
  vi.setSystemTime(2000);
  const over = disturbances.begin();
  vi.setSystemTime(3000);
  over();
  disturbances.begin();
  const ledger = new WillLedger("client", judge);
  ledger.forbid(1, { from: 2500, to: 2600 });
  ledger.forbid(2, { from: 1500, to: 2000 });
  ledger.forbid(3, { from: 5000, to: 6000 });
  ledger.forbid(4, { from: 1000, to: 1999 });
  for (const number of [1, 2, 3, 4]) ledger.take(number);
  ledger.finish(disturbances);
  expect(judge.violations).toHaveLength(1);
  expect(judge.violations[0]).toContain("will 4 ");
});
