/** Every truncation of every vector, every place to split one, and bytes that come one by one. */
import { describe, expect, test } from "vitest";
import { Decoder, type DecoderOptions } from "./decoder.ts";
import { encode } from "./encoder.ts";
import { ProtocolError } from "./errors.ts";
import type { Packet } from "./packets/packet.ts";
import { bytes, decodeAll, drain, frame, plain } from "./testing/bytes.ts";
import { type Vector, vectors } from "./testing/vectors.ts";

function optionsOf({ version, from, packet }: Vector): DecoderOptions {
  return { from, version: packet.type === 1 ? undefined : version };
}

/** What a packet says without what its last list or payload holds: a cut there leaves another, valid packet. */
function isCutFromEnd(cut: Packet, whole: Packet): boolean {
  if (cut.type !== whole.type) return false;
  switch (cut.type) {
    case 1: // 3.1 tolerates flags without fields
      return cut.protocolVersion === 3 && cut.password === undefined;
    case 3:
    case 8:
    case 9:
    case 10:
    case 11:
      return true;
    case 4:
    case 5:
    case 6:
    case 7:
    case 14: // the short forms
      return cut.properties === undefined;
    default:
      return false;
  }
}

describe.each(vectors)("$name", (vector) => {
  const { packet, version } = vector;
  const whole = bytes(vector.hex);
  const options = optionsOf(vector);
  const bodyStart = 2 + [...whole.subarray(1, 5)].findIndex((byte) => byte < 0x80);

  test("a truncated stream waits, and goes on when the rest comes", () => {
    for (let length = 0; length < whole.length; length++) {
      const decoder = new Decoder(options);
      decoder.push(whole.subarray(0, length));
      expect(decoder.next()).toBeNull();
      expect(decoder.bufferedBytes).toBe(length);
      decoder.push(whole.subarray(length));
      expect(plain(decoder.next())).toStrictEqual(plain(packet));
      expect(decoder.next()).toBeNull();
      expect(decoder.bufferedBytes).toBe(0);
    }
  });

  test("a body cut short with a matching remaining length is refused, or is the packet it then spells", () => {
    for (let length = bodyStart; length < whole.length; length++) {
      const cut = frame(whole[0] as number, whole.subarray(bodyStart, length));
      let packets: Packet[];
      try {
        packets = decodeAll(cut, options);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
        continue;
      }
      expect(packets).toHaveLength(1);
      const [spelled] = packets as [Packet];
      expect(isCutFromEnd(spelled, packet), cut.toString("hex")).toBe(true);
      if (vector.decodeOnly !== true && spelled.type !== 1 && spelled.type !== 14 && spelled.type > 7) {
        expect(encode(spelled, version).toString("hex")).toBe(cut.toString("hex"));
      }
    }
  });

  test("a byte too many is refused, unless it belongs to a payload or list", () => {
    const longer = frame(whole[0] as number, Buffer.concat([whole.subarray(bodyStart), Buffer.from([0xff])]));
    if (packet.type === 3) {
      expect(decodeAll(longer, options)).toHaveLength(1);
    } else {
      expect(() => decodeAll(longer, options)).toThrow(ProtocolError);
    }
  });

  test("comes out the same byte by byte", () => {
    const decoder = new Decoder(options);
    const packets: Packet[] = [];
    for (const byte of whole) {
      decoder.push(Uint8Array.of(byte));
      packets.push(...drain(decoder));
    }
    expect(packets.map(plain)).toStrictEqual([plain(packet)]);
  });
});

describe.each([
  { version: 3, from: "client" },
  { version: 4, from: "client" },
  { version: 5, from: "client" },
  { version: 3, from: "server" },
  { version: 4, from: "server" },
  { version: 5, from: "server" },
] as const)("a stream of all packets from a $from in version $version", ({ version, from }) => {
  const stream = vectors.filter((vector) => vector.version === version && vector.from === from);
  const whole = Buffer.concat(stream.map(({ hex }) => bytes(hex)));
  const expected = stream.map(({ packet }) => plain(packet));

  test("comes out the same in chunks of every size", () => {
    for (let size = 1; size <= 300; size++) {
      const decoder = new Decoder({ from, version });
      const packets: unknown[] = [];
      for (let at = 0; at < whole.length; at += size) {
        decoder.push(whole.subarray(at, at + size));
        packets.push(...drain(decoder).map(plain));
      }
      expect(packets).toStrictEqual(expected);
      expect(decoder.bufferedBytes).toBe(0);
    }
  });

  test("comes out the same when it is read late, after many chunks", () => {
    const decoder = new Decoder({ from, version });
    for (let at = 0; at < whole.length; at += 7) decoder.push(Uint8Array.from(whole.subarray(at, at + 7)));
    expect(decoder.bufferedBytes).toBe(whole.length);
    expect(drain(decoder).map(plain)).toStrictEqual(expected);
  });
});
