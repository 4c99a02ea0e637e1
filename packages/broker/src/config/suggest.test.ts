import { expect, test } from "vitest";
import { nearest } from "./suggest.ts";

test.each([
  ["max_inflght", "max_inflight"],
  ["tpye", "type"],
  ["MaxInflight", "max_inflight"],
  ["leve", "level"],
  ["levels", "level"],
  ["lavel", "level"],
  ["zzz", undefined],
  ["", undefined],
])("for %j the nearest is %j", (word, meant) => {
  expect(nearest(word, ["max_inflight", "max_keepalive", "type", "level"])).toBe(meant);
});
