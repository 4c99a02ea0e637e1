/** Every packet in every version, both ways, against bytes written by hand. */
import { describe, expect, test } from "vitest";
import { encode, encodedLength } from "./encoder.ts";
import { bytes, decodeAll, plain } from "./testing/bytes.ts";
import { vectors } from "./testing/vectors.ts";

describe("bytes are decoded", () => {
  test.each(vectors)("$name", ({ version, from, hex, packet }) => {
    const known = packet.type === 1 ? undefined : version;
    expect(decodeAll(bytes(hex), { from, version: known }).map(plain)).toStrictEqual([plain(packet)]);
  });
});

describe("packets are encoded to these bytes", () => {
  test.each(vectors.filter(({ decodeOnly }) => decodeOnly !== true))("$name", ({ version, hex, packet }) => {
    const encoded = bytes(hex);
    expect(encode(packet, version).toString("hex")).toBe(encoded.toString("hex"));
    expect(encodedLength(packet, version)).toBe(encoded.length);
  });
});

test("the vectors cover every packet type in every version that has it", () => {
  const covered = new Set(vectors.map(({ version, packet }) => `${version} ${packet.type}`));
  for (const version of [3, 4, 5]) {
    for (let type = 1; type <= (version === 5 ? 15 : 14); type++) expect(covered).toContain(`${version} ${type}`);
  }
});
