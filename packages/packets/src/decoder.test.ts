/** How the decoder frames, what it refuses before the body is there, and what it keeps in memory. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { Decoder } from "./decoder.ts";
import { encode } from "./encoder.ts";
import { ProtocolError, UnsupportedVersionError } from "./errors.ts";
import type { ProtocolVersion } from "./packet-type.ts";
import { ReceivedPublish } from "./packets/publish.ts";
import { bytes, decodeAll, drain, plain, refusal } from "./testing/bytes.ts";
import { TopicTable } from "./topic-table.ts";

const CONNECT = bytes("10 ~ 0004 'MQTT' 05 02 003c 00 0001 'c'");

function publish(topic: string, payload: string | Buffer, version: ProtocolVersion = 4): Buffer {
  return encode(
    { type: 3, dup: false, qos: 0, retain: false, topic, packetId: 0, payload: Buffer.from(payload) },
    version,
  );
}

/** The error of `next()`. */
function failure(decoder: Decoder): ProtocolError {
  try {
    decoder.next();
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error("no failure");
}

describe("the first packet of a client", () => {
  test.each(["30 00", "c0 00", "e0 00", "82 00", "f0 00", "00 00"])(
    "%s is refused, it must be CONNECT [MQTT-3.1.0-1]",
    (hex) => {
      expect(refusal(bytes(hex), { from: "client" })).toBeInstanceOf(ProtocolError);
    },
  );

  test("PUBLISH is refused from its header on, before the 100 MB that it announces", () => {
    const decoder = new Decoder({ from: "client" });
    decoder.push(bytes("30 80c2d72f"));
    expect(failure(decoder).reasonCode).toBe(0x82);
  });

  test("HTTP is refused", () => {
    expect(refusal(Buffer.from("GET / HTTP/1.1\r\n"), { from: "client" }).reasonCode).toBe(0x82);
  });

  test("CONNECT tells the version that the following packets have", () => {
    const decoder = new Decoder({ from: "client" });
    expect(decoder.version).toBeUndefined();
    decoder.push(Buffer.concat([CONNECT, bytes("40 03 0001 00")]));
    expect(drain(decoder)).toHaveLength(2);
    expect(decoder.version).toBe(5);
  });

  test("CONNECT tells its version even if the rest of it is malformed", () => {
    for (const [hex, version] of [
      ["10 ~ 0004 'MQTT' 05 03 003c 00 0001 'c'", 5],
      ["10 ~ 0004 'MQTT' 04 ff", 4],
      ["10 ~ 0006 'MQIsdp' 03", 3],
    ] as const) {
      const decoder = new Decoder({ from: "client" });
      decoder.push(bytes(hex));
      expect(failure(decoder).reasonCode).toBe(0x81);
      expect(decoder.version).toBe(version);
    }
  });

  test("a second CONNECT is decoded and leaves the version as it is", () => {
    const decoder = new Decoder({ from: "client" });
    decoder.push(Buffer.concat([CONNECT, bytes("10 ~ 0004 'MQTT' 04 02 003c 0001 'c'")]));
    expect(drain(decoder).map(({ type }) => type)).toEqual([1, 1]);
    expect(decoder.version).toBe(5);
  });

  test.each([
    ["MQTT", 3],
    ["MQTT", 6],
    ["MQTT", 0],
    ["MQTT", 0x85],
    ["MQTT", 0x83],
    ["MQIsdp", 4],
    ["MQIsdp", 5],
    ["mqtt", 4],
    ["MQTTT", 5],
    ["", 4],
  ])("protocol %s level %i is not supported [MQTT-3.1.2-1] [MQTT-3.1.2-2]", (name, level) => {
    const length = name.length.toString(16).padStart(4, "0");
    const decoder = new Decoder({ from: "client" });
    decoder.push(bytes(`10 ~ ${length} '${name}' ${level.toString(16).padStart(2, "0")} 02 003c 0000`));
    const error = failure(decoder);
    expect(error).toBeInstanceOf(UnsupportedVersionError);
    expect(error).toMatchObject({ reasonCode: 0x84, protocolName: name, level });
    expect(decoder.version).toBeUndefined();
  });
});

describe("after an error", () => {
  test("the decoder is dead: it returns null, takes nothing and holds nothing", () => {
    const decoder = new Decoder({ from: "client", version: 5 });
    decoder.push(Buffer.concat([bytes("c0 00 c0 01 00"), CONNECT]));
    expect(decoder.next()).toEqual({ type: 12 });
    expect(failure(decoder).reasonCode).toBe(0x81);
    expect(decoder.bufferedBytes).toBe(0);
    decoder.push(bytes("c0 00"));
    expect(decoder.bufferedBytes).toBe(0);
    expect(decoder.next()).toBeNull();
  });
});

describe("maximum packet size", () => {
  test("a packet of exactly the maximum is fine, one byte more is refused with 0x95 [MQTT-3.1.2-24]", () => {
    const packet = publish("t", Buffer.alloc(100));
    expect(decodeAll(packet, { from: "client", version: 4, maximumPacketSize: packet.length })).toHaveLength(1);
    const error = refusal(packet, { from: "client", version: 4, maximumPacketSize: packet.length - 1 });
    expect(error.reasonCode).toBe(0x95);
    expect(error.message).toBe(`packet of ${packet.length} bytes exceeds the maximum of ${packet.length - 1}`);
  });

  test("is enforced with the last byte of the fixed header, before the body, also if that comes byte by byte", () => {
    const decoder = new Decoder({ from: "client", version: 4, maximumPacketSize: 1000 });
    for (const byte of [0x30, 0x80]) {
      decoder.push(Uint8Array.of(byte));
      expect(decoder.next()).toBeNull();
    }
    decoder.push(Uint8Array.of(0x40));
    expect(failure(decoder).reasonCode).toBe(0x95);
  });

  test("can be changed between packets", () => {
    const decoder = new Decoder({ from: "client", version: 4 });
    const packet = publish("t", Buffer.alloc(100));
    decoder.push(Buffer.concat([packet, packet]));
    expect(decoder.next()).not.toBeNull();
    decoder.maximumPacketSize = 50;
    expect(failure(decoder).reasonCode).toBe(0x95);
  });

  test("without one the largest packet of the protocol is allowed", () => {
    const decoder = new Decoder({ from: "client", version: 4 });
    decoder.push(bytes("30 ffffff7f"));
    expect(decoder.next()).toBeNull();
  });
});

describe("limits on lists", () => {
  test("more filters than the maximum are refused with 0x97", () => {
    const options = { from: "client", version: 4, maximumFilters: 2 } as const;
    const filters = (count: number): string => "0001 'a' 00".repeat(count);
    const names = (count: number): string => "0001 'a'".repeat(count);
    expect(decodeAll(bytes(`82 ~ 0001 ${filters(2)}`), options)).toHaveLength(1);
    expect(refusal(bytes(`82 ~ 0001 ${filters(3)}`), options).reasonCode).toBe(0x97);
    expect(decodeAll(bytes(`a2 ~ 0001 ${names(2)}`), options)).toHaveLength(1);
    expect(refusal(bytes(`a2 ~ 0001 ${names(3)}`), options).reasonCode).toBe(0x97);
  });

  test("user properties are read in linear time: ten times as many take about ten times as long", () => {
    const bestOf = (count: number): number => {
      const userProperties = Array.from({ length: count }, () => ["abc", "def"] as const);
      const connect = { type: 1, protocolVersion: 5, cleanStart: true, keepAlive: 0, clientId: "" } as const;
      const encoded = encode({ ...connect, properties: { userProperties } }, 5);
      let best = Number.POSITIVE_INFINITY;
      for (let i = 0; i < 20; i++) {
        const start = performance.now();
        expect(decodeAll(encoded, { from: "client" })).toHaveLength(1);
        best = Math.min(best, performance.now() - start);
      }
      return best;
    };
    bestOf(5000);
    // quadratic would be a hundred times as long
    expect(bestOf(50_000)).toBeLessThan(Math.max(1, bestOf(5000)) * 40);
  });
});

describe("received PUBLISH packets", () => {
  test("of one chunk lie end to end in it, and their payloads are views into it", () => {
    const chunk = Buffer.concat([publish("a", "1"), publish("b", "22"), publish("c", "")]);
    const decoder = new Decoder({ from: "client", version: 4 });
    decoder.push(chunk);
    const packets = drain(decoder) as ReceivedPublish[];
    expect(packets).toHaveLength(3);
    let end = 0;
    for (const packet of packets) {
      expect(packet).toBeInstanceOf(ReceivedPublish);
      expect(packet.source).toBe(chunk);
      expect(packet.frameStart).toBe(end);
      expect(packet.payload).toBe(packet.payload);
      expect(packet.payload.buffer).toBe(chunk.buffer);
      expect(packet.payloadLength).toBe(packet.payload.length);
      end = packet.frameEnd;
    }
    expect(end).toBe(chunk.length);
    expect(packets.map(({ payload }) => payload.toString())).toEqual(["1", "22", ""]);
  });

  test("across chunks: only the one that spans is copied, the next lie in the newest chunk again", () => {
    const frames = ["a", "b", "c", "d"].map((topic) => publish(topic, Buffer.alloc(3000, topic)));
    const whole = Buffer.concat(frames);
    const cut = (frames[0] as Buffer).length + 10;
    const first = Buffer.from(whole.subarray(0, cut));
    const second = Buffer.from(whole.subarray(cut));
    const decoder = new Decoder({ from: "client", version: 4 });
    decoder.push(first);
    const one = decoder.next() as ReceivedPublish;
    expect(one.source).toBe(first);
    expect(decoder.next()).toBeNull();
    decoder.push(second);
    const [two, three, four] = drain(decoder) as [ReceivedPublish, ReceivedPublish, ReceivedPublish];
    expect([two.frameStart, two.frameEnd]).toEqual([0, (frames[1] as Buffer).length]);
    expect(two.source.buffer).not.toBe(second.buffer);
    expect(three.source).toBe(second);
    expect(three.frameEnd).toBe(four.frameStart);
    expect(four.frameEnd).toBe(second.length);
    expect([two, three, four].map(plain)).toEqual(
      frames.slice(1).map((frame) => plain(decodeAll(frame, { from: "client", version: 4 })[0] ?? null)),
    );
  });

  test("small chunks that wait are put side by side: their packets lie in one piece", () => {
    const frames = Array.from({ length: 100 }, (_, index) => publish("topic", `payload ${index}`));
    const decoder = new Decoder({ from: "client", version: 4 });
    const whole = Buffer.concat(frames);
    for (let at = 0; at < whole.length; at += 37) decoder.push(whole.subarray(at, at + 37));
    const packets = drain(decoder) as ReceivedPublish[];
    expect(packets.map(({ payload }) => payload.toString())).toEqual(frames.map((_, index) => `payload ${index}`));
    expect(new Set(packets.map(({ source }) => source)).size).toBe(1);
  });

  test("a packet that is joined to its rest leaves nothing behind for the next", () => {
    const decoder = new Decoder({ from: "client", version: 4 });
    const [long, short] = [publish("t", "a long payload"), publish("t", "b")];
    decoder.push(long.subarray(0, 5));
    expect(decoder.next()).toBeNull();
    decoder.push(long.subarray(5));
    expect(decoder.next()).not.toBeNull();
    decoder.push(short.subarray(0, 3));
    expect(decoder.next()).toBeNull();
    decoder.push(short.subarray(3));
    expect((decoder.next() as ReceivedPublish).payload.toString()).toBe("b");
  });

  test("plain Uint8Arrays are taken like Buffers", () => {
    const packet = publish("ä", "x");
    const surrounded = new Uint8Array(packet.length + 7);
    surrounded.set(packet, 5);
    const [received] = decodeAll(surrounded.subarray(5, 5 + packet.length), { from: "client", version: 4 });
    expect(received).toMatchObject({ topic: "ä", frameStart: 0 });
    const decoder = new Decoder({ from: "client", version: 4 });
    const large = new Uint8Array(publish("t", Buffer.alloc(20_000, 1)));
    decoder.push(large.subarray(0, 7000));
    decoder.push(large.subarray(7000));
    expect((decoder.next() as ReceivedPublish).payloadLength).toBe(20_000);
  });

  test("topics come from the table when there is one", () => {
    const topics = new TopicTable();
    const packet = publish("some/topic", "x");
    const [received] = decodeAll(packet, { from: "client", version: 4, topics });
    expect(received).toMatchObject({ topic: "some/topic" });
    expect(refusal(publish("some/+", "x"), { from: "client", version: 4, topics }).reasonCode).toBe(0x90);
  });
});

describe("memory", () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  // what one collection finds, the next one gives back
  const collectGarbage = (): void => {
    gc();
    gc();
  };
  const external = (): number => process.memoryUsage().arrayBuffers;

  test("an announced length allocates nothing: 14 clients that announce 100 MB", () => {
    const before = external();
    const decoders = Array.from({ length: 14 }, () => {
      const decoder = new Decoder({ from: "client", version: 4 });
      decoder.push(bytes("30 80c2d72f 0001 't'"));
      expect(decoder.next()).toBeNull();
      return decoder;
    });
    expect(external() - before).toBeLessThan(1_000_000);
    expect(decoders.map(({ bufferedBytes }) => bufferedBytes)).toEqual(Array(14).fill(8));
  });

  test("the beginning of a packet does not hold on to a read buffer of 64 KiB", () => {
    collectGarbage();
    const before = external();
    const decoders = Array.from({ length: 200 }, () => {
      const chunk = Buffer.alloc(65_536, publish("t", Buffer.alloc(509)));
      const decoder = new Decoder({ from: "client", version: 4 });
      decoder.push(chunk.subarray(0, 65_000));
      drain(decoder);
      return decoder;
    });
    collectGarbage();
    expect(decoders.every(({ bufferedBytes }) => bufferedBytes > 0 && bufferedBytes < 514)).toBe(true);
    expect(external() - before).toBeLessThan(2_000_000);
  });

  test("bytes that come one by one take about as much memory as they are", () => {
    const packet = publish("t", Buffer.alloc(300_000, "p"));
    const before = external();
    const decoder = new Decoder({ from: "client", version: 4 });
    for (let at = 0; at < packet.length - 1; at++) {
      decoder.push(packet.subarray(at, at + 1));
      if (decoder.next() !== null) throw new Error("too early");
    }
    expect(decoder.bufferedBytes).toBe(packet.length - 1);
    collectGarbage();
    expect(external() - before).toBeLessThan(2 * packet.length);
    decoder.push(packet.subarray(-1));
    expect((decoder.next() as ReceivedPublish).payload.equals(Buffer.alloc(300_000, "p"))).toBe(true);
  });

  test("a packet of 100 MB in chunks of all sizes is put together in time that is linear in their number", () => {
    const packet = publish("t", Buffer.alloc(100_000_000, "p"));
    const decoder = new Decoder({ from: "client", version: 4 });
    for (let at = 0; at < packet.length; at += 5000) {
      decoder.push(packet.subarray(at, at + 5000));
      if (at + 5000 < packet.length && decoder.next() !== null) throw new Error("too early");
    }
    const start = performance.now();
    expect((decoder.next() as ReceivedPublish).payloadLength).toBe(100_000_000);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("an empty chunk changes nothing", () => {
    const decoder = new Decoder({ from: "client", version: 4 });
    decoder.push(new Uint8Array(0));
    expect(decoder.bufferedBytes).toBe(0);
    expect(decoder.next()).toBeNull();
  });
});

test("packets of a server cannot be decoded without a version", () => {
  expect(() => new Decoder({ from: "server" })).toThrow(RangeError);
});

test("the version can be set by hand", () => {
  const decoder = new Decoder({ from: "client" });
  decoder.version = 4;
  decoder.push(bytes("c0 00"));
  expect(decoder.next()).toEqual({ type: 12 });
});
