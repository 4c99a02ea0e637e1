/** Packets that are much larger than what is read at a time, and the memory in which they and the chunks around them lie. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Decoder } from "./decoder.ts";
import { encode } from "./encoder.ts";
import { ProtocolError } from "./errors.ts";
import type { ReceivedPublish } from "./packets/publish.ts";
import { bytes, drain } from "./testing/bytes.ts";

function publish(topic: string, payload: string | Buffer): Buffer {
  const packet = {
    type: 3,
    dup: false,
    qos: 0,
    retain: false,
    topic,
    packetId: 0,
    payload: Buffer.from(payload),
  } as const;
  return encode(packet, 4);
}

describe("a packet of more than 128 KiB", () => {
  const payload = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index * 7 + (index >> 8)));
  const large = publish("t", payload);
  const small = publish("u", "small");

  /** A decoder that notes what memory it has asked for. */
  function noting() {
    const taken: Buffer[] = [];
    const memoryFor = (length: number): Buffer => {
      const memory = Buffer.alloc(length);
      taken.push(memory);
      return memory;
    };
    return { decoder: new Decoder({ from: "client", version: 4, memory: { memoryFor } }), taken };
  }

  test.each([1, 1000, 5000, 70_000, 131_072, 400_000])(
    "is the same as it was, between others, handed over by %i bytes and copied from a place that is used again",
    (step) => {
      const all = Buffer.concat([small, large, small, large, large, small]);
      const { decoder, taken } = noting();
      const place = Buffer.alloc(step);
      const seen: (string | boolean)[] = [];
      for (let at = 0, filled = false; at < all.length; filled = !filled) {
        const length = all.copy(place, 0, at, at + step);
        at += length;
        // every other time they are handed over as they are
        const from = filled ? 0 : decoder.fill(place, 0, length);
        decoder.push(Buffer.from(place.subarray(0, length)), from);
        for (const packet of drain(decoder) as ReceivedPublish[]) {
          seen.push(packet.topic === "u" ? packet.payload.toString() : packet.payload.equals(payload));
        }
      }
      expect(seen).toEqual(["small", true, "small", true, true, "small"]);
      expect(decoder.bufferedBytes).toBe(0);
      expect(taken.map(({ length }) => length)).toEqual(Array(taken.length).fill(large.length));
      if (step < large.length / 4) expect(taken).toHaveLength(3);
    },
  );

  test("has the memory it was given, once a quarter of it is there", () => {
    const { decoder, taken } = noting();
    decoder.push(large.subarray(0, large.length / 4 - 1));
    expect(decoder.next()).toBeNull();
    expect(taken).toHaveLength(0);
    decoder.push(large.subarray(large.length / 4 - 1, large.length / 4 + 1));
    expect(decoder.next()).toBeNull();
    expect(decoder.bufferedBytes).toBe(Math.floor(large.length / 4) + 1);
    expect(decoder.releasedBytes).toBe(decoder.receivedBytes);
    decoder.push(large.subarray(large.length / 4 + 1));
    expect((decoder.next() as ReceivedPublish).source).toBe(taken[0]);
    expect([decoder.receivedBytes, decoder.releasedBytes]).toEqual([large.length, large.length]);
  });

  test("takes what it lacks of a chunk, and no more", () => {
    const { decoder } = noting();
    expect(decoder.fill(large)).toBe(0); // nothing is being put together
    decoder.push(large, 0, 600_000);
    expect(decoder.next()).toBeNull();
    const rest = Buffer.concat([large.subarray(600_000), small]);
    expect(decoder.fill(rest, 0, 100_000)).toBe(100_000);
    expect(decoder.fill(rest, 100_000)).toBe(large.length - 700_000);
    expect(decoder.fill(rest, large.length - 600_000)).toBe(0);
    expect((decoder.next() as ReceivedPublish).payload.equals(payload)).toBe(true);
    expect(decoder.next()).toBeNull();
  });

  test("that is cut off by an error leaves nothing that could be filled", () => {
    const { decoder } = noting();
    decoder.push(Buffer.concat([small, bytes("00 00")]));
    expect(decoder.next()).not.toBeNull();
    expect(() => decoder.next()).toThrow(ProtocolError);
    expect([decoder.fill(large), decoder.bufferedBytes]).toEqual([0, 0]);
  });
});

test("a decoder says up to where it does not need what it was handed", () => {
  const decoder = new Decoder({ from: "client", version: 4 });
  const packet = publish("t", Buffer.alloc(10_000));
  const { length } = packet;
  const released = (...chunks: Buffer[]): (number | boolean)[] => {
    for (const chunk of chunks) decoder.push(chunk);
    const whole = decoder.next() !== null;
    return [whole, decoder.releasedBytes];
  };
  expect(released(Buffer.from(packet), Buffer.from(packet.subarray(0, 9000)))).toEqual([true, length]);
  expect(released()).toEqual([false, length]); // much is left, where it lies
  expect(released(Buffer.from(packet.subarray(9000)))).toEqual([true, 2 * length]);
  expect(released(Buffer.from(packet), Buffer.from(packet.subarray(0, 100)))).toEqual([true, 3 * length]);
  // little is left of a large chunk, and was copied
  expect(released(Buffer.concat([packet.subarray(100), packet.subarray(0, 50)]))).toEqual([true, 4 * length]);
  expect(released()).toEqual([false, 4 * length + 50]);
  expect(decoder.receivedBytes).toBe(4 * length + 50);
  expect(released(Buffer.from(packet.subarray(50)))).toEqual([true, 5 * length]);
});

test("memory that is used again as soon as the decoder releases it breaks no packet", () => {
  const sizes = fc.constantFrom(0, 100, 4000, 20_000, 131_060, 140_000, 524_288, 700_000);
  const steps = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 200_000 }), fc.constant(131_072));
  const way = fc.record({ step: steps, fill: fc.boolean(), part: fc.boolean(), take: fc.nat(3) });
  fc.assert(
    fc.property(
      fc.array(sizes, { minLength: 1, maxLength: 6 }),
      fc.array(way, { minLength: 5, maxLength: 5 }),
      (of, ways) => {
        const payloads = of.map((size, index) => Buffer.alloc(size, `payload ${index} `));
        const all = Buffer.concat(payloads.map((payload) => publish("t", payload)));
        let lent: { readonly memory: Buffer; readonly end: number }[] = [];
        const lend = (memory: Buffer, end: number): Buffer => {
          lent.push({ memory, end });
          return memory;
        };
        const memoryFor = (length: number): Buffer =>
          lend(Buffer.alloc(length), decoder.receivedBytes - decoder.bufferedBytes + length);
        const decoder: Decoder = new Decoder({ from: "client", version: 4, memory: { memoryFor } });
        let [seen, at, turn] = [0, 0, 0];
        // What one read brought is taken, and then everything that was released is written over.
        while (at < all.length || decoder.bufferedBytes > 0) {
          const { step, fill, part, take } = ways[turn++ % ways.length] as {
            step: number;
            fill: boolean;
            part: boolean;
            take: number;
          };
          const read = all.subarray(at, at + step);
          at += read.length;
          const rest = read.subarray(fill ? decoder.fill(read) : 0);
          const from = part ? 7 : 0;
          const chunk = Buffer.alloc(from + rest.length);
          chunk.set(rest, from);
          lend(chunk, decoder.receivedBytes + rest.length);
          decoder.push(chunk, from);
          for (let left = at < all.length ? take : 10; left > 0; left--) {
            const packet = decoder.next() as ReceivedPublish | null;
            if (packet === null) break;
            expect(packet.payload.equals(payloads[seen++] as Buffer)).toBe(true);
          }
          const released = lent.filter(({ end }) => end <= decoder.releasedBytes);
          for (const { memory } of released) memory.fill(0xee);
          lent = lent.filter((one) => !released.includes(one));
        }
        expect([seen, lent.length]).toEqual([payloads.length, 0]);
      },
    ),
    { numRuns: 150 },
  );
});
