import { describe, expect, it } from "vitest";
import { PacketReader } from "./packet-reader.ts";

const packet = (first: number, body: number): Buffer => {
  const length =
    body < 128
      ? [body]
      : body < 16_384
        ? [(body % 128) | 128, body >> 7]
        : [(body % 128) | 128, ((body >> 7) % 128) | 128, body >> 14];
  return Buffer.concat([Buffer.from([first, ...length]), Buffer.alloc(body, first)]);
};
const PACKETS = [packet(0x20, 2), packet(0xd0, 0), packet(0x30, 130), packet(0x32, 20_000), packet(0x40, 2)];
const STREAM = Buffer.concat(PACKETS);

/** Reads the stream in chunks that end at these places; answers what came. */
function read(...cuts: number[]): string[] {
  const seen: string[] = [];
  const reader = new PacketReader({
    onPacket: (first, bytes, start, end) => {
      const body = bytes.subarray(start, end);
      seen.push(`${first} ${body.length} ${body.every((byte) => byte === first)}`);
    },
  });
  let from = 0;
  for (const cut of [...cuts, STREAM.length]) {
    // A copy that is overwritten afterwards, as a socket's read buffer is.
    const chunk = Buffer.from(STREAM.subarray(from, cut));
    reader.feed(chunk, 0, chunk.length, 0);
    chunk.fill(0xee);
    from = cut;
  }
  return seen;
}

const WHOLE = ["32 2 true", "208 0 true", "48 130 true", "50 20000 true", "64 2 true"];

describe("PacketReader", () => {
  it("finds all packets of one chunk", () => {
    expect(read()).toEqual(WHOLE);
  });

  it("finds them wherever the stream is cut in two", () => {
    const places = [...Array(160).keys(), ...Array.from({ length: 20 }, (_, index) => STREAM.length - 20 + index)];
    for (const cut of places) expect(read(cut), `cut at ${cut}`).toEqual(WHOLE);
  });

  it("finds them in single bytes", () => {
    expect(read(...Array(STREAM.length).keys())).toEqual(WHOLE);
  });

  it("reads only the part of the buffer that it is given", () => {
    const seen: number[] = [];
    const reader = new PacketReader({ onPacket: (first) => seen.push(first) });
    reader.feed(Buffer.from([0xff, 0xd0, 0x00, 0xff]), 1, 3, 0);
    expect(seen).toEqual([0xd0]);
  });

  it("refuses a length of more than four bytes [MQTT-1.5.5-1]", () => {
    const reader = new PacketReader({ onPacket: () => {} });
    expect(() => reader.feed(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]), 0, 6, 0)).toThrow(/length/);
  });
});
