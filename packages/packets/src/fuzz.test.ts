/** At least a million mutated packets: each is decoded or refused by a ProtocolError, in bounded time and memory. */
import { expect, test } from "vitest";
import { Decoder } from "./decoder.ts";
import { encode } from "./encoder.ts";
import { ProtocolError } from "./errors.ts";
import type { ProtocolVersion, Sender } from "./packet-type.ts";
import type { Packet } from "./packets/packet.ts";
import { bytes } from "./testing/bytes.ts";
import { vectors } from "./testing/vectors.ts";
import { TopicTable } from "./topic-table.ts";

const PACKETS = Number(process.env.GMQTT_FUZZ_PACKETS ?? 1_000_000);
const SEED = Number(process.env.GMQTT_FUZZ_SEED ?? 1883);

/** A generator of 32-bit numbers (xorshift), the same ones for a seed on every machine. */
function random(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const INTERESTING = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x26, 0x0b, 0x1f, 0x2b, 0x23];

/** Changes, removes or inserts up to four bytes; most of the time the remaining length is made to fit. */
function mutate(packet: Buffer, next: (below: number) => number): Buffer {
  let mutated = Buffer.from(packet);
  for (let count = 1 + next(4); count > 0; count--) {
    const at = next(mutated.length);
    const value = next(2) === 0 ? (INTERESTING[next(INTERESTING.length)] as number) : next(256);
    switch (next(6)) {
      case 0: // remove
        if (mutated.length > 1) mutated = Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + 1)]);
        break;
      case 1: // insert
        mutated = Buffer.concat([mutated.subarray(0, at), Buffer.of(value), mutated.subarray(at)]);
        break;
      case 2: // a bit
        mutated[at] = (mutated[at] as number) ^ (1 << next(8));
        break;
      default:
        mutated[at] = value;
    }
  }
  if (next(4) !== 0 && mutated.length >= 2 && mutated.length < 130) mutated[1] = mutated.length - 2;
  return mutated;
}

/** What comes out must be encodable again, if the packet can be sent at all. */
function reencode(packet: Packet, version: ProtocolVersion): void {
  const again = encode(packet, version);
  if (again.length < 2) throw new Error("nothing encoded");
}

test(`${PACKETS} mutated packets are decoded or refused, nothing else`, { timeout: 600_000 }, () => {
  const sources = vectors.map(({ hex, from, version }) => ({ packet: bytes(hex), from, version }));
  const next = random(SEED);
  const topics = new TopicTable(64);
  const before = process.memoryUsage();
  let decoded = 0;
  let refused = 0;
  let waiting = 0;
  for (let i = 0; i < PACKETS; i++) {
    const source = sources[next(sources.length)] as (typeof sources)[number];
    const mutated = mutate(source.packet, next);
    const from: Sender = next(16) === 0 ? "client" : source.from;
    const version = next(8) === 0 && from === "client" ? undefined : source.version;
    const decoder = new Decoder({ from, version, topics: next(2) === 0 ? topics : undefined });
    const cut = next(3) === 0 ? next(mutated.length + 1) : mutated.length;
    try {
      decoder.push(mutated.subarray(0, cut));
      if (cut < mutated.length) {
        decoder.next();
        decoder.push(mutated.subarray(cut));
      }
      let packet = decoder.next();
      if (packet === null) waiting++;
      for (; packet !== null; packet = decoder.next()) {
        decoded++;
        reencode(packet, decoder.version as ProtocolVersion);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw new Error(`packet ${i} of seed ${SEED}: ${mutated.toString("hex")}`, { cause: error });
      }
      refused++;
    }
    if (decoder.bufferedBytes > mutated.length) throw new Error(`packet ${i} of seed ${SEED} left more than it was`);
  }
  // the mutations reach all three outcomes, so the test looks at something
  expect(Math.min(decoded, refused, waiting)).toBeGreaterThan(PACKETS / 200);
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(64 * 2 ** 20);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(256 * 2 ** 20);
});

test("garbage without any structure never makes the decoder keep more than it was given", () => {
  const next = random(SEED + 1);
  for (let round = 0; round < 20_000; round++) {
    const decoder = new Decoder({
      from: next(2) === 0 ? "client" : "server",
      version: (3 + next(3)) as ProtocolVersion,
    });
    let given = 0;
    try {
      for (let chunks = 1 + next(6); chunks > 0; chunks--) {
        const chunk = Uint8Array.from({ length: next(40) }, () => next(256));
        given += chunk.length;
        decoder.push(chunk);
        while (decoder.next() !== null) expect(decoder.bufferedBytes).toBeLessThan(given);
      }
    } catch (error) {
      expect(error).toBeInstanceOf(ProtocolError);
    }
    if (decoder.bufferedBytes > given) throw new Error("more bytes than given");
  }
});
