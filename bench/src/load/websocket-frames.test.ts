import { describe, expect, it } from "vitest";
import { FrameReader, maskedFrame } from "./websocket-frames.ts";

/** A frame as servers send them. */
function serverFrame(first: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = first;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeUInt32BE(length, 6);
  return Buffer.concat([head, payload]);
}

function read(stream: Buffer, ...cuts: number[]): { readonly payload: Buffer; readonly open: boolean } {
  const parts: Buffer[] = [];
  const reader = new FrameReader((bytes, start, end) => parts.push(Buffer.from(bytes.subarray(start, end))));
  let [from, open] = [0, true];
  for (const cut of [...cuts, stream.length]) {
    open = reader.feed(stream, from, cut) && open;
    from = cut;
  }
  return { payload: Buffer.concat(parts), open };
}

const SMALL = Buffer.from("small");
const MIDDLE = Buffer.alloc(300, "m");
const STREAM = Buffer.concat([
  serverFrame(0x82, SMALL),
  serverFrame(0x89, Buffer.from("ping")),
  serverFrame(0x82, Buffer.alloc(0)),
  serverFrame(0x82, MIDDLE),
]);

describe("FrameReader", () => {
  it("hands on the payload of data frames alone, wherever the stream is cut", () => {
    for (let cut = 0; cut <= STREAM.length; cut++) {
      expect(read(STREAM, cut).payload.equals(Buffer.concat([SMALL, MIDDLE])), `cut at ${cut}`).toBe(true);
    }
  });

  it("reads frames of more than 65,535 bytes", () => {
    const large = Buffer.alloc(70_000, "l");
    expect(read(serverFrame(0x82, large), 1, 5, 9, 40_000).payload.equals(large)).toBe(true);
  });

  it("says when the server closes", () => {
    expect(read(serverFrame(0x88, Buffer.from([3, 232]))).open).toBe(false);
    expect(read(STREAM).open).toBe(true);
  });
});

describe("maskedFrame", () => {
  it.each([0, 5, 125, 126, 65_535, 65_536])("masks %i bytes so that unmasking gives them back", (length) => {
    const bytes = Buffer.from(Array.from({ length }, (_, index) => index & 255));
    const frame = maskedFrame(bytes);
    const payloadAt = frame.length - length;
    const mask = frame.subarray(payloadAt - 4, payloadAt);
    const unmasked = frame.subarray(payloadAt).map((byte, index) => byte ^ mask[index & 3]!);
    expect(frame[0]).toBe(0x82);
    expect(frame[1]! & 0x80).toBe(0x80);
    expect(payloadAt).toBe(length < 126 ? 6 : length < 65_536 ? 8 : 14);
    expect(Buffer.from(unmasked).equals(bytes)).toBe(true);
  });
});
