import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { tidyHeap } from "./tidy-heap.ts";

test("collects what nobody refers to, and leaves no gc() behind", async () => {
  const garbage = Array.from({ length: 10 }, () => new WeakRef({ of: "the start" }));
  await setImmediate(); // what was made lives to the end of its turn
  tidyHeap();
  expect(garbage.filter((one) => one.deref() !== undefined)).toEqual([]);
  expect(globalThis).not.toHaveProperty("gc");
});
