import { describe, expect, test } from "vitest";
import { Copier, copyToOwn, takeBytes, takePassing } from "./byte-slab.ts";

test.each([0, 1, 40, 41, 160, 161, 2048, 2049, 5000])("a copy of %i bytes is its own", (length) => {
  const source = Buffer.from(Array.from({ length: length + 2 }, (_, index) => index & 0xff));
  const expected = Buffer.from(source.subarray(1, length + 1));
  const copies = Array.from({ length: 9 }, () => copyToOwn(source, 1, length + 1));
  source.fill(0);
  for (const { buffer, start } of copies) expect(buffer.subarray(start, start + length)).toEqual(expected);
});

test("what passes lies one behind the other, apart from what is kept and never over each other", () => {
  const taken = Array.from({ length: 200 }, () => ({ ...takePassing(1000), kept: takeBytes(10) }));
  for (const [index, { buffer, kept, start }] of taken.entries()) {
    expect(start + 1000).toBeLessThanOrEqual(buffer.length);
    expect(kept.buffer).not.toBe(buffer);
    const next = taken[index + 1];
    if (next !== undefined) expect(next.start).toBe(next.buffer === buffer ? start + 1000 : 0);
  }
  expect(new Set(taken.map(({ buffer }) => buffer)).size).toBeLessThan(6);
  expect(takePassing(100_000).buffer).toHaveLength(100_000);
});

describe("a copier", () => {
  const counted = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => index & 0xff);

  test("copies every length up to 300 to where it belongs and nowhere else", () => {
    const copier = new Copier();
    const source = counted(400);
    for (let length = 0; length <= 300; length++) {
      const target = new Uint8Array(length + 4).fill(0xee);
      copier.copy(source, 7, 7 + length, target, 2);
      expect([...target]).toEqual([0xee, 0xee, ...source.subarray(7, 7 + length), 0xee, 0xee]);
    }
  });

  test("follows its sources and targets, also where they lie inside larger memory", () => {
    const copier = new Copier();
    const memory = counted(200);
    const targets = [new Uint8Array(40), new Uint8Array(60).subarray(20)];
    for (const start of [0, 50, 150]) {
      for (const target of targets) {
        copier.copy(memory.subarray(start, start + 50), 10, 30, target, 5);
        expect([...target.subarray(5, 25)]).toEqual([...memory.subarray(start + 10, start + 30)]);
      }
    }
  });

  test("does not remember what is large", () => {
    const copier = new Copier();
    const large = counted(100_000);
    const target = new Uint8Array(20);
    copier.copy(large, 70_000, 70_020, target, 0);
    expect([...target]).toEqual([...large.subarray(70_000, 70_020)]);
  });
});
