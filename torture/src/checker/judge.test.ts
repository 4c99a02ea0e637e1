import { beforeEach, expect, it, vi } from "vitest";
import { Judge, PROMISES, type PromiseName } from "./judge.ts";

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});

it("takes a promise for kept only if it was looked at and not found broken", () => {
  const judge = new Judge();
  for (const promise of Object.keys(PROMISES) as PromiseName[]) if (promise !== "wills") judge.check(promise);
  judge.violation("kept", "a loss");
  const { failed, lines, passed } = judge.verdict();
  expect([passed, failed]).toEqual([Object.keys(PROMISES).length - 2, 2]);
  expect(lines.filter((line) => line.startsWith("FAIL "))).toEqual([
    "FAIL  no acknowledged message of QoS 1 or 2 is lost (looked at 1 times, broken 1 times)",
    "FAIL  wills go out when they have to (looked at 0 times, broken 0 times)",
  ]);
});
