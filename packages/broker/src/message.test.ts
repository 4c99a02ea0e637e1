import { encode, type PublishPacket } from "@gmqtt/packets";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { received } from "../test/received.ts";
import { Message, type MessageProperties } from "./message.ts";
import type { Frame } from "./message-frame.ts";

/** The bytes of a frame as a receiver gets them. */
function bytesOf(frame: Frame, firstByte: number, packetId: number): Buffer {
  const bytes = Buffer.concat([frame.head.subarray(frame.headStart, frame.end), frame.payload ?? Buffer.alloc(0)]);
  bytes[0] = firstByte;
  if (packetId !== 0) bytes.writeUInt16BE(packetId, frame.packetIdOffset - frame.headStart);
  expect(bytes).toHaveLength(frame.length);
  return bytes;
}

const properties: fc.Arbitrary<MessageProperties | undefined> = fc.option(
  fc.record(
    {
      payloadFormatIndicator: fc.constant(1 as const),
      messageExpiryInterval: fc.nat(1000),
      contentType: fc.string(),
      responseTopic: fc.constant("answers/here"),
      correlationData: fc.uint8Array({ maxLength: 20 }),
      userProperties: fc.array(fc.tuple(fc.string(), fc.string()), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: [] },
  ),
  { nil: undefined },
);

const payloads = fc.oneof(
  fc.uint8Array({ maxLength: 50 }),
  fc.integer({ min: 2040, max: 2060 }).map((length) => new Uint8Array(length).fill(7)),
  fc.constant(new Uint8Array(9000).fill(8)),
);

function publishOf(init: Partial<PublishPacket>): PublishPacket {
  const packet = { type: 3, dup: false, qos: 0, retain: false, topic: "t/1", packetId: 0, payload: Buffer.alloc(0) };
  return { ...packet, properties: undefined, ...init } as PublishPacket;
}

describe("a frame", () => {
  test.each([4, 5] as const)(
    "of what came in as version %i is the packet that encode() writes, in every variant",
    (came) => {
      const arbitrary = fc.record({
        payload: payloads,
        qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
        properties,
        detached: fc.boolean(),
      });
      fc.assert(
        fc.property(arbitrary, ({ payload, qos, properties: given, detached }) => {
          const sent = came === 5 ? given : undefined;
          const packet = publishOf({ qos, packetId: qos === 0 ? 0 : 4711, payload, properties: sent });
          const message = Message.received(received(packet, came), "t/1", "c", 0);
          if (detached) message.detach();
          for (const version of [4, 5] as const) {
            for (const granted of [0, 1, 2] as const) {
              const packetId = granted === 0 ? 0 : 258;
              const expected = publishOf({
                qos: granted,
                packetId,
                payload,
                properties: version === 5 ? sent : undefined,
              });
              const frame = message.frame(version, granted > 0);
              expect(bytesOf(frame, 0x30 | (granted << 1), packetId).equals(encode(expected, version))).toBe(true);
            }
            const retained = publishOf({ retain: true, payload, properties: version === 5 ? sent : undefined });
            expect(bytesOf(message.retainedFrame(version), 0x31, 0).equals(encode(retained, version))).toBe(true);
          }
        }),
      );
    },
  );

  test("is encoded once for all receivers of its kind", () => {
    const message = Message.create({ topic: "t", payload: "x" }, "", 0);
    for (const version of [3, 4, 5] as const) {
      for (const acknowledged of [false, true]) {
        expect(message.frame(version, acknowledged)).toBe(message.frame(version, acknowledged));
      }
    }
    expect(message.frame(3, true)).toBe(message.frame(4, true));
    expect(message.frame(5, true)).not.toBe(message.frame(4, true));
  });

  test("for one receiver of what is retained is not remembered, and lies behind the one made before it", () => {
    const packet = received(publishOf({ payload: Buffer.alloc(100, 1), qos: 1, packetId: 3, retain: true }), 4);
    const message = Message.received(packet, "t/1", "c", 0);
    const [one, two] = [message.retainedFrame(4), message.retainedFrame(4)];
    expect([two.head, two.headStart]).toEqual([one.head, one.end]);
    expect([one.head[one.headStart], two.head[two.headStart]]).toEqual([0x31, 0x31]);
    // The frame that many share is not the one with RETAIN.
    expect(message.frame(4, false).head[message.frame(4, false).headStart]).toBe(0x30);
  });

  test("of a message as it came in is what came in, not a copy", () => {
    const packet = received(publishOf({ payload: Buffer.alloc(100, 1), qos: 1, packetId: 3 }), 4);
    const frame = Message.received(packet, "t/1", "c", 0).frame(4, true);
    expect(frame.head).toBe(packet.source);
  });

  test("says what a hook made of the message", () => {
    const came = () => Message.received(received(publishOf({ payload: Buffer.from("old") }), 5), "t/1", "c", 0);
    const expected = (init: Partial<PublishPacket>) => encode(publishOf({ payload: Buffer.from("old"), ...init }), 5);
    const changes: [(message: Message) => void, Partial<PublishPacket>][] = [
      [(message) => (message.topic = "other"), { topic: "other" }],
      [(message) => (message.payload = Buffer.from("new")), { payload: Buffer.from("new") }],
      [(message) => (message.properties = { contentType: "x" }), { properties: { contentType: "x" } }],
    ];
    for (const [change, init] of changes) {
      const message = came();
      message.frame(5, false); // made before the change, and forgotten with it
      change(message);
      expect(bytesOf(message.frame(5, false), 0x30, 0)).toEqual(Buffer.from(expected(init)));
    }
  });

  test("under an alias is that of the same message under its topic [MQTT-3.3.2-7]", () => {
    const topics = ["t", "raum/küche/☂", "long/".repeat(50)];
    for (const topic of topics) {
      for (const qos of [0, 1, 2] as const) {
        for (const length of [0, 1, 90, 300, 2048, 2049]) {
          const init = { payload: Buffer.alloc(length, "payload"), qos, packetId: qos === 0 ? 0 : 7 };
          const aliased = publishOf({ ...init, topic: "", properties: { topicAlias: 3 } });
          const message = Message.received(received(aliased, 5), topic, "c", 0);
          for (const kept of [false, true]) {
            if (kept) message.detach();
            for (const [version, granted] of [
              [5, qos],
              [4, qos],
              [5, 0],
              [4, 0],
            ] as const) {
              const packetId = granted === 0 ? 0 : 9;
              const expected = encode(publishOf({ ...init, topic, qos: granted, packetId }), version);
              const frame = message.frame(version, granted > 0);
              expect(bytesOf(frame, 0x30 | (granted << 1), packetId).equals(expected)).toBe(true);
            }
          }
          expect([message.properties, init.payload.equals(message.payload)]).toEqual([undefined, true]);
        }
      }
    }
  });

  test("does not carry the publisher's topic alias [MQTT-3.3.2-7]", () => {
    const packet = publishOf({ topic: "", properties: { topicAlias: 3, contentType: "x" }, payload: Buffer.from("p") });
    const message = Message.received(received(packet, 5), "t/1", "c", 0);
    const expected = publishOf({ properties: { contentType: "x" }, payload: Buffer.from("p") });
    expect(bytesOf(message.frame(5, false), 0x30, 0)).toEqual(Buffer.from(encode(expected, 5)));
    expect(message.properties).toEqual({ contentType: "x" });
  });
});

describe("a message", () => {
  test("made by hand has texts as UTF-8, and defaults for what is not said", () => {
    const message = Message.create({ topic: "t", payload: "é" }, "", 7);
    expect([message.qos, message.retain, message.publisher, message.receivedAt]).toEqual([0, false, "", 7]);
    expect([...message.payload]).toEqual([0xc3, 0xa9]);
    expect([message.payloadLength, message.size]).toEqual([2, 3]);
    expect(Message.create({ topic: "t" }, "", 0).payloadLength).toBe(0);
  });

  test("has the size of what came in without taking it apart", () => {
    const message = Message.received(received(publishOf({ payload: Buffer.alloc(500) }), 4), "t/1", "c", 0);
    expect([message.payloadLength, message.size]).toEqual([500, 503]);
  });

  test("that is kept has memory of its own", () => {
    const packet = received(publishOf({ payload: Buffer.from("payload"), properties: undefined }), 4);
    const message = Message.received(packet, "t/1", "c", 0);
    message.detach();
    packet.source.fill(0);
    expect(Buffer.from(message.payload).toString()).toBe("payload");
    expect(bytesOf(message.frame(4, false), 0x30, 0)).toEqual(
      Buffer.from(encode(publishOf({ payload: Buffer.from("payload") }), 4)),
    );
    const { buffer, byteOffset } = message.payload;
    message.detach();
    expect([message.payload.buffer === buffer, message.payload.byteOffset]).toEqual([true, byteOffset]);
  });

  test("that is kept has its correlation data and a plugin's payload for itself too", () => {
    const payload = Buffer.from("payload");
    const correlationData = Buffer.from("id");
    const message = Message.create({ topic: "t", payload, properties: { correlationData, contentType: "c" } }, "", 0);
    message.detach();
    payload.fill(0);
    correlationData.fill(0);
    expect(Buffer.from(message.payload).toString()).toBe("payload");
    expect(message.properties).toEqual({ correlationData: Buffer.from("id"), contentType: "c" });
  });

  test("changed by a hook after it came in, then kept, is as the hook left it", () => {
    const message = Message.received(received(publishOf({ payload: Buffer.from("p") }), 5), "t/1", "c", 0);
    message.topic = "u";
    message.detach();
    expect([message.topic, Buffer.from(message.payload).toString(), message.size]).toEqual(["u", "p", 2]);
  });

  test("has an expiry that counts from its arrival, and never more left than was asked for [MQTT-3.3.2-6]", () => {
    const message = Message.create({ topic: "t", properties: { messageExpiryInterval: 10 } }, "", 5_000);
    expect(message.expiresAt).toBe(15_000);
    const remaining = [4_000, 5_000, 5_999, 6_000, 14_999, 15_000, 99_000].map((now) => message.remainingExpiry(now));
    expect(remaining).toEqual([10, 10, 10, 9, 1, 0, 0]);
    const forever = Message.create({ topic: "t" }, "", 0);
    expect([forever.expiresAt, forever.remainingExpiry(1)]).toEqual([Number.POSITIVE_INFINITY, undefined]);
  });
});
