import { expect, test } from "vitest";
import { CHUNK_SIZE, ChunkPool } from "./chunk-pool.ts";

test("a chunk that was given back is taken again before a new one is made", () => {
  const pool = new ChunkPool();
  const chunk = pool.take();
  expect(chunk).toHaveLength(CHUNK_SIZE);
  pool.give(chunk);
  expect([pool.take() === chunk, pool.take() === chunk]).toEqual([true, false]);
});

test("keeps no more than a burst needs", () => {
  const pool = new ChunkPool();
  const chunks = Array.from({ length: 300 }, () => pool.take());
  for (const chunk of chunks) pool.give(chunk);
  const again = new Set(Array.from({ length: 300 }, () => pool.take()));
  expect(chunks.filter((chunk) => again.has(chunk))).toHaveLength(256);
});
