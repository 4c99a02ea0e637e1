import { encode, type PublishPacket } from "@gmqtt/packets";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { received } from "../../test/received.ts";
import { Message } from "../message.ts";
import { CHUNK_SIZE, ChunkPool } from "./chunk-pool.ts";
import { Outbound } from "./outbound.ts";

/** A sink that remembers what it got, as one text of bytes per flush and as pieces. */
function sink(reusable = true) {
  const flushes: Buffer[] = [];
  const pieces: number[][] = [];
  const kept: Uint8Array[][] = [];
  return {
    flushes,
    pieces,
    kept,
    write(segments: readonly Uint8Array[]): boolean {
      flushes.push(Buffer.concat(segments));
      pieces.push(segments.map(({ length }) => length));
      kept.push([...segments]);
      return reusable;
    },
  };
}

function bytesOf(length: number, value = length): Buffer {
  return Buffer.alloc(length, value & 0xff);
}

describe("Outbound", () => {
  test("hands over what was appended, in order, and is empty afterwards", () => {
    const outbound = new Outbound(new ChunkPool());
    const target = sink();
    outbound.append(Buffer.from("one "), 0, 4);
    outbound.append(Buffer.from("..two.."), 2, 5);
    outbound.appendAck(0x40, 0x1234);
    expect(outbound.bytes).toBe(11);
    expect(outbound.writeTo(target)).toBe(true);
    expect(target.flushes[0]?.toString("latin1")).toBe("one two\x40\x02\x12\x34");
    expect(outbound.bytes).toBe(0);
    expect(outbound.writeTo(target)).toBe(true);
    expect(target.flushes).toHaveLength(1);
  });

  test("small pieces are gathered in one chunk, so that one write takes them all", () => {
    const outbound = new Outbound(new ChunkPool());
    const target = sink();
    for (let id = 1; id <= 100; id++) outbound.appendAck(0x40, id);
    outbound.append(bytesOf(200), 0, 200);
    outbound.appendAck(0x50, 1);
    outbound.writeTo(target);
    expect(target.pieces).toEqual([[604]]);
  });

  test("neighbouring ranges of one buffer become one piece that is not copied", () => {
    const outbound = new Outbound(new ChunkPool());
    const target = sink();
    const source = bytesOf(4000, 7);
    for (let start = 0; start < 4000; start += 400) outbound.append(source, start, start + 400);
    outbound.writeTo(target);
    expect(target.pieces).toEqual([[4000]]);
    expect(target.kept[0]?.[0]?.buffer).toBe(source.buffer);
  });

  test("ranges of one buffer with a gap between them don't become one", () => {
    const outbound = new Outbound(new ChunkPool());
    const target = sink();
    const source = Buffer.from("abcdef");
    outbound.append(source, 0, 2);
    outbound.append(source, 4, 6);
    outbound.writeTo(target);
    expect(target.flushes[0]?.toString()).toBe("abef");
  });

  test("a long range keeps its place among small pieces", () => {
    const outbound = new Outbound(new ChunkPool());
    const target = sink();
    outbound.appendAck(0x40, 1);
    outbound.append(bytesOf(2000, 9), 0, 2000);
    outbound.appendAck(0x40, 2);
    outbound.writeTo(target);
    expect(target.pieces).toEqual([[4, 2000, 4]]);
    expect(target.flushes[0]).toEqual(
      Buffer.concat([Buffer.of(0x40, 2, 0, 1), bytesOf(2000, 9), Buffer.of(0x40, 2, 0, 2)]),
    );
  });

  test("a packet that does not fit behind what a chunk holds begins the next chunk", () => {
    const outbound = new Outbound(new ChunkPool());
    const target = sink();
    const count = CHUNK_SIZE / 4 + 1;
    for (let id = 1; id <= count; id++) outbound.appendAck(0x40, id);
    outbound.writeTo(target);
    expect(target.pieces).toEqual([[CHUNK_SIZE, 4]]);
    expect(target.flushes[0]?.subarray(-4)).toEqual(Buffer.of(0x40, 2, count >> 8, count & 0xff));
  });

  test("chunks go back to the pool when the sink did not keep them", () => {
    const pool = new ChunkPool();
    const chunk = pool.take();
    pool.give(chunk);
    const outbound = new Outbound(pool);
    outbound.appendAck(0x40, 1);
    outbound.writeTo(sink(true));
    expect(pool.take()).toBe(chunk);
  });

  test("what the sink keeps is not written into again", () => {
    const pool = new ChunkPool();
    const outbound = new Outbound(pool);
    const target = sink(false);
    outbound.appendAck(0x40, 1);
    expect(outbound.writeTo(target)).toBe(false);
    outbound.appendAck(0x50, 2);
    outbound.writeTo(target);
    expect(Buffer.concat(target.kept[0] ?? [])).toEqual(Buffer.of(0x40, 2, 0, 1));
  });

  test("clear forgets what waits", () => {
    const outbound = new Outbound(new ChunkPool());
    const target = sink();
    outbound.append(bytesOf(5000), 0, 5000);
    outbound.clear();
    outbound.writeTo(target);
    expect([outbound.bytes, target.pieces]).toEqual([0, []]);
  });

  test("settle copies a range that would pin a buffer much larger than itself, in its place", () => {
    const outbound = new Outbound(new ChunkPool());
    const target = sink();
    const source = bytesOf(64 * 1024, 3);
    outbound.appendAck(0x40, 1);
    outbound.append(source, 0, 2000);
    outbound.settle();
    source.fill(0);
    outbound.appendAck(0x40, 2);
    outbound.writeTo(target);
    expect(target.flushes[0]).toEqual(
      Buffer.concat([Buffer.of(0x40, 2, 0, 1), bytesOf(2000, 3), Buffer.of(0x40, 2, 0, 2)]),
    );
  });

  test("settle leaves a range that is most of its buffer", () => {
    const outbound = new Outbound(new ChunkPool());
    const target = sink();
    const source = Buffer.allocUnsafeSlow(2000);
    outbound.append(source, 0, 2000);
    outbound.settle();
    outbound.writeTo(target);
    expect(target.kept[0]?.[0]?.buffer).toBe(source.buffer);
  });

  test("whatever is appended comes out as it went in", () => {
    const big = Buffer.from(Array.from({ length: 50_000 }, (_, index) => index & 0xff));
    const operation = fc.oneof(
      fc.record({ kind: fc.constant("ack" as const), id: fc.integer({ min: 1, max: 65535 }) }),
      fc.record({ kind: fc.constant("range" as const), start: fc.nat(20_000), length: fc.nat(20_000) }),
      fc.record({ kind: fc.constant("own" as const), length: fc.nat(2500) }),
      fc.record({ kind: fc.constant("settle" as const) }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const outbound = new Outbound(new ChunkPool());
        const expected: Buffer[] = [];
        let end = 0;
        for (const one of operations) {
          if (one.kind === "ack") {
            outbound.appendAck(0x40, one.id);
            expected.push(Buffer.of(0x40, 2, one.id >> 8, one.id & 0xff));
          } else if (one.kind === "settle") outbound.settle();
          else {
            const source = one.kind === "range" ? big : bytesOf(one.length);
            // Half of the ranges are neighbours of the one before.
            const start = one.kind === "own" ? 0 : one.start % 2 === 0 && end < 30_000 ? end : one.start;
            outbound.append(source, start, start + one.length);
            expected.push(source.subarray(start, start + one.length));
            if (one.kind === "range") end = start + one.length;
          }
        }
        const target = sink();
        expect(outbound.bytes).toBe(Buffer.concat(expected).length);
        outbound.writeTo(target);
        expect(Buffer.compare(Buffer.concat(target.flushes), Buffer.concat(expected))).toBe(0);
      }),
    );
  });
});

describe("frames in an Outbound", () => {
  const sizes = [0, 10, 900, 1500, 3000, CHUNK_SIZE - 20, CHUNK_SIZE, 40_000];
  const cases = sizes.flatMap((size) =>
    ([0, 1, 2] as const).flatMap((qos) =>
      ([4, 5] as const).flatMap((version) => [true, false].map((forwarded) => ({ size, qos, version, forwarded }))),
    ),
  );

  test.each(cases)(
    "a PUBLISH has its receiver's flags and packet identifier: %j",
    ({ size, qos, version, forwarded }) => {
      const payload = bytesOf(size, 0x61);
      const base = {
        type: 3,
        dup: false,
        qos,
        retain: false,
        topic: "a/b",
        packetId: qos === 0 ? 0 : 77,
        payload,
        ...(version === 5 ? { properties: {} } : {}),
      } as PublishPacket;
      const message = forwarded
        ? Message.received(received(base, version), "a/b", "publisher", 0)
        : Message.create({ topic: "a/b", payload, qos }, "publisher", 0);
      const outbound = new Outbound(new ChunkPool());
      const target = sink();
      const ids = qos === 0 ? [0, 0] : [1, 65535];
      for (const [index, id] of ids.entries()) {
        const retain = index === 1 ? 1 : 0;
        outbound.appendFrame(message.frame(version, qos > 0), 0x30 | (qos << 1) | retain, id);
      }
      const expected = ids.map((packetId, index) => encode({ ...base, packetId, retain: index === 1 }, version));
      expect(outbound.bytes).toBe(Buffer.concat(expected).length);
      outbound.writeTo(target);
      expect(Buffer.compare(target.flushes[0] as Buffer, Buffer.concat(expected))).toBe(0);
      // The shared frame still says what it said.
      expect(Buffer.from(message.payload).equals(payload)).toBe(true);
    },
  );

  test("a topic longer than a chunk is sent whole", () => {
    const topic = "t".repeat(CHUNK_SIZE + 100);
    const message = Message.create({ topic, payload: "x", qos: 1 }, "", 0);
    const outbound = new Outbound(new ChunkPool());
    const target = sink();
    outbound.appendAck(0x40, 1);
    outbound.appendFrame(message.frame(4, true), 0x32, 9);
    outbound.writeTo(target);
    const publish = encode(
      {
        type: 3,
        dup: false,
        qos: 1,
        retain: false,
        topic,
        packetId: 9,
        payload: Buffer.from("x"),
        properties: undefined,
      },
      4,
    );
    expect(target.flushes[0]?.subarray(4)).toEqual(Buffer.from(publish));
  });
});
