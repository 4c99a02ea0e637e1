import { describe, expect, test } from "vitest";
import { RateLimit } from "./rate-limit.ts";

function limitOf(messages: number, bytes: number) {
  const state = { now: 0 };
  const hits: string[] = [];
  const limit = new RateLimit(
    messages,
    bytes,
    () => state.now,
    (key) => hits.push(key),
  );
  const passes = (size: number): boolean => {
    try {
      limit.charge(size);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ reasonCode: 0x96 });
      return false;
    }
  };
  return { hits, passes, state };
}

describe("RateLimit", () => {
  test("lets two seconds' worth come at once, then what the rate allows (0x96)", () => {
    const { hits, passes, state } = limitOf(5, 0);
    expect(Array.from({ length: 11 }, () => passes(1))).toEqual([...new Array(10).fill(true), false]);
    state.now = 200;
    expect([passes(1), passes(1)]).toEqual([true, false]);
    expect(hits).toEqual(["limits.publish_rate", "limits.publish_rate"]);
  });

  test("a long silence saves up no more than two seconds' worth", () => {
    const { passes, state } = limitOf(5, 0);
    state.now = 1_000_000;
    expect(Array.from({ length: 11 }, () => passes(1)).filter(Boolean)).toHaveLength(10);
  });

  test("counts bytes as well, and lets what is larger than a full bucket pass when it is full", () => {
    const { hits, passes, state } = limitOf(0, 100);
    expect([passes(1000), passes(1)]).toEqual([true, false]);
    state.now = 8_000; // 800 of 1000 bytes are paid back
    expect(passes(1)).toBe(false);
    state.now = 12_000;
    expect([passes(150), passes(51)]).toEqual([true, false]);
    expect(new Set(hits)).toEqual(new Set(["limits.publish_bytes_rate"]));
  });

  test("0 means no limit", () => {
    const { hits, passes } = limitOf(0, 0);
    expect(Array.from({ length: 1000 }, () => passes(1_000_000)).every(Boolean)).toBe(true);
    expect(hits).toEqual([]);
  });
});
