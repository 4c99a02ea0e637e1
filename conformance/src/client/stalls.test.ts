/** Stalls are noticed while they last and afterwards, and only by those who were waiting. */

import { expect, test } from "vitest";
import { stalledSince } from "./stalls.ts";

test("time in which nothing could run counts for those who waited, and for nobody who came later", async () => {
  const began = Date.now();
  while (Date.now() - began < 400);
  expect(stalledSince(began)).toBeGreaterThan(200);
  await expect.poll(() => stalledSince(Date.now()), { timeout: 60_000 }).toBe(0);
  expect(stalledSince(began)).toBeGreaterThan(200);
});
