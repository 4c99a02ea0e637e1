import { describe, expect, test } from "vitest";
import { BufferPool } from "./buffer-pool.ts";

const KB = 1024;

/** Which of these it is; comparing their bytes would take long. */
function lent(buffer: Buffer, ...buffers: readonly Buffer[]): number {
  return buffers.indexOf(buffer);
}

describe("BufferPool", () => {
  test("lends the smallest of what was given back that is large enough", () => {
    const pool = new BufferPool();
    const [small, medium, large] = [pool.take(1), pool.take(20 * KB), pool.take(100 * KB)];
    expect([small.length, medium.length, large.length]).toEqual([16 * KB, 32 * KB, 128 * KB]);
    for (const buffer of [large, small, medium]) pool.give(buffer);
    const again = [pool.take(17 * KB), pool.take(10), pool.take(10)];
    expect(again.map((buffer) => lent(buffer, small, medium, large))).toEqual([1, 0, 2]);
  });

  test("never lends the same memory twice at a time", () => {
    const pool = new BufferPool();
    pool.give(pool.take(1));
    const [one, other] = [pool.take(1), pool.take(1)];
    expect(one === other).toBe(false);
  });

  test("does not keep what is very large", () => {
    const pool = new BufferPool();
    const huge = pool.take(5000 * KB);
    pool.give(huge);
    expect(pool.take(5000 * KB) === huge).toBe(false);
  });

  test("keeps eight, of which the small ones go first", () => {
    const pool = new BufferPool();
    const buffers = Array.from({ length: 9 }, (_, index) => pool.take((index === 4 ? 1 : 20) * KB));
    for (const buffer of buffers) pool.give(buffer);
    const again = Array.from({ length: 9 }, () => lent(pool.take(1), ...buffers));
    expect(again.sort()).toEqual([-1, 0, 1, 2, 3, 5, 6, 7, 8]);
  });
});
