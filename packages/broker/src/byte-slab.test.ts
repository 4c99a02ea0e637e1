import { expect, test } from "vitest";
import { copyBytes, copyToOwn } from "./byte-slab.ts";

test.each([0, 1, 40, 41, 2048, 2049, 5000])("a copy of %i bytes is its own", (length) => {
  const source = Buffer.from(Array.from({ length: length + 2 }, (_, index) => index & 0xff));
  const expected = Buffer.from(source.subarray(1, length + 1));
  const copies = Array.from({ length: 9 }, () => copyToOwn(source, 1, length + 1));
  source.fill(0);
  for (const { buffer, start } of copies) expect(buffer.subarray(start, start + length)).toEqual(expected);
});

test.each([3, 40, 41, 200])("copies %i bytes to where they belong and nowhere else", (length) => {
  const target = new Uint8Array(length + 4);
  copyBytes(new Uint8Array(length + 2).fill(7), 1, length + 1, target, 2);
  expect([...target.subarray(0, 3), ...target.subarray(-3)]).toEqual([0, 0, 7, 7, 0, 0]);
});
