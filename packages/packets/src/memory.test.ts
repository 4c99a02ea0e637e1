import { expect, test } from "vitest";
import { takeMemory } from "./memory.ts";

test.each([0, 1, 4095, 4096, 5000, 16_384, 16_385, 100_000])("%i bytes are there, and nobody else's", (length) => {
  const taken = Array.from({ length: 70 }, (_, index) => takeMemory(length).fill(index));
  for (const [index, memory] of taken.entries()) {
    expect([memory.length, memory.every((byte) => byte === index)]).toEqual([length, true]);
  }
});

test("packets of middling size share memory, large ones do not", () => {
  const [first, second] = [takeMemory(5000), takeMemory(5000)];
  expect(second.buffer === first.buffer || second.byteOffset === 0).toBe(true);
  expect(takeMemory(100_000).buffer.byteLength).toBe(100_000);
});
