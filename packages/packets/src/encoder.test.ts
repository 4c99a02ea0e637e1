/** What cannot be encoded, what a version leaves out, the hot path's shortcuts, and what fits. */
import { describe, expect, test } from "vitest";
import { encode, encodedLength } from "./encoder.ts";
import { fitTo } from "./fit-to.ts";
import type { ProtocolVersion } from "./packet-type.ts";
import { writeAck } from "./packets/acknowledgement.ts";
import type { Packet } from "./packets/packet.ts";
import { PINGRESP } from "./packets/ping.ts";
import { encodePublishHead, type PublishPacket } from "./packets/publish.ts";
import { bytes, decodeAll, plain } from "./testing/bytes.ts";
import { variableByteIntegerLength } from "./writer.ts";

const publish = {
  type: 3,
  dup: false,
  qos: 0,
  retain: false,
  topic: "t",
  packetId: 0,
  payload: Buffer.from("p"),
} as const;
const connect = { type: 1, protocolVersion: 4, cleanStart: true, keepAlive: 0, clientId: "c" } as const;
const request = { filter: "a", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
const long = "x".repeat(65_536);

/** What only a caller without types can ask for. */
function untyped(packet: object): Packet {
  return packet as Packet;
}

describe("a RangeError is thrown for", () => {
  test.each<readonly [string, Packet, ProtocolVersion]>([
    ["packet identifier 0", { ...publish, qos: 1 }, 4],
    ["packet identifier 65,536", { ...publish, qos: 2, packetId: 65_536 }, 4],
    ["half a packet identifier", { type: 4, packetId: 1.5, reasonCode: 0 }, 4],
    ["QoS 3", untyped({ ...publish, qos: 3, packetId: 1 }), 4],
    ["a topic of 65,536 bytes", { ...publish, topic: long }, 4],
    ["a topic of 65,538 bytes in fewer characters", { ...publish, topic: "€".repeat(21_846) }, 4],
    ["a short topic with U+0000", { ...publish, topic: "a\u0000" }, 4],
    ["a long topic with U+0000", { ...publish, topic: `${"a".repeat(100)}\u0000` }, 4],
    ["a short client identifier with U+0000", { ...connect, clientId: "\u0000" }, 4],
    ["a password of 65,536 bytes", { ...connect, username: "u", password: Buffer.alloc(65_536) }, 4],
    ["a password without a user name before 5.0", { ...connect, password: Buffer.alloc(1) }, 4],
    ["keep alive 65,536", { ...connect, keepAlive: 65_536 }, 4],
    ["will QoS 3", untyped({ ...connect, will: { topic: "w", payload: Buffer.alloc(0), qos: 3, retain: false } }), 4],
    ["payload format indicator 2", untyped({ ...publish, properties: { payloadFormatIndicator: 2 } }), 5],
    ["message expiry interval -1", { ...publish, properties: { messageExpiryInterval: -1 } }, 5],
    ["message expiry interval 2^32", { ...publish, properties: { messageExpiryInterval: 2 ** 32 } }, 5],
    ["topic alias 0", { ...publish, properties: { topicAlias: 0 } }, 5],
    ["subscription identifier 0", { ...publish, properties: { subscriptionIdentifiers: [1, 0] } }, 5],
    ["subscription identifier 2^28", { ...publish, properties: { subscriptionIdentifiers: [2 ** 28] } }, 5],
    ["receive maximum 0", { ...connect, protocolVersion: 5, properties: { receiveMaximum: 0 } }, 5],
    [
      "maximum packet size 0",
      { type: 2, sessionPresent: false, reasonCode: 0, properties: { maximumPacketSize: 0 } },
      5,
    ],
    ["return code 0x87 before 5.0", { type: 2, sessionPresent: false, reasonCode: 0x87 }, 4],
    ["reason code 256", { type: 2, sessionPresent: false, reasonCode: 256 }, 5],
    ["no filter to subscribe to", { type: 8, packetId: 1, subscriptions: [] }, 5],
    ["a subscription of QoS 3", untyped({ type: 8, packetId: 1, subscriptions: [{ ...request, qos: 3 }] }), 5],
    ["retain handling 3", untyped({ type: 8, packetId: 1, subscriptions: [{ ...request, retainHandling: 3 }] }), 5],
    ["no filter to unsubscribe from", { type: 10, packetId: 1, filters: [] }, 4],
    ["AUTH before 5.0", { type: 15, reasonCode: 0x18 }, 4],
  ])("%s", (_, packet, version) => {
    expect(() => encode(packet, version)).toThrow(RangeError);
    expect(() => encodedLength(packet, version)).toThrow(RangeError);
  });

  test("a length beyond the protocol's limit", () => {
    expect(variableByteIntegerLength(268_435_455)).toBe(4);
    expect(() => variableByteIntegerLength(268_435_456)).toThrow("268435456 exceeds the maximum of 268435455");
    expect(() => encodePublishHead({ topic: "t", qos: 0, payloadLength: 268_435_455 }, 4)).toThrow(RangeError);
  });
});

describe("a version leaves out what it has no place for", () => {
  test("properties and reason codes before 5.0", () => {
    const properties = { reasonString: "r" };
    const hex = (packet: Packet, version: ProtocolVersion): string => encode(packet, version).toString("hex");
    expect(hex({ ...publish, properties: { topicAlias: 1 } }, 4)).toBe(hex(publish, 4));
    expect(hex({ type: 4, packetId: 1, reasonCode: 0x87, properties }, 4)).toBe("40020001");
    expect(hex({ type: 11, packetId: 1, reasonCodes: [0, 0x11], properties }, 4)).toBe("b0020001");
    expect(hex({ type: 14, reasonCode: 0x8b, properties }, 4)).toBe("e000");
    expect(hex({ type: 2, sessionPresent: true, reasonCode: 0, properties }, 4)).toBe("20020100");
  });

  test("failures of 5.0 in SUBACK are 0x80 before it [MQTT-3.9.3-2]", () => {
    const suback = { type: 9, packetId: 1, reasonCodes: [0, 2, 0x80, 0x87, 0xa2] } as const;
    expect(encode(suback, 4).toString("hex")).toBe("900700010002808080");
  });

  test("session present in 3.1, which has no such flag", () => {
    expect(encode({ type: 2, sessionPresent: true, reasonCode: 0 }, 3).toString("hex")).toBe("20020000");
  });

  test("subscription options but QoS before 5.0", () => {
    const subscription = { ...request, qos: 1, noLocal: true, retainAsPublished: true, retainHandling: 2 } as const;
    expect(encode({ type: 8, packetId: 1, subscriptions: [subscription] }, 4)).toEqual(bytes("82 06 0001 0001 'a' 01"));
  });

  test("DUP at QoS 0 [MQTT-3.3.1-2]", () => {
    expect(encode({ ...publish, dup: true }, 4)[0]).toBe(0x30);
    expect(encodePublishHead({ topic: "t", qos: 0, dup: true, retain: true, payloadLength: 0 }, 4).head[0]).toBe(0x31);
  });

  test("the bridge bit in 5.0", () => {
    expect(encode({ ...connect, protocolVersion: 5, bridge: true }, 5)[8]).toBe(5);
  });
});

describe("CONNECT", () => {
  test.each([
    [3, "MQIsdp"],
    [4, "MQTT"],
    [5, "MQTT"],
  ] as const)("gets the name of its version %i when it brings none", (version, protocolName) => {
    const [packet] = decodeAll(encode({ ...connect, protocolVersion: version }, version), { from: "client" });
    expect(packet).toMatchObject({ protocolName, protocolVersion: version });
  });

  test("keeps a name it brings, so that tests can send wrong ones", () => {
    expect(encode({ ...connect, protocolName: "nope" }, 4).subarray(2, 8)).toEqual(bytes("0004 'nope'"));
  });
});

describe("strings", () => {
  test.each([
    "",
    "a",
    "ü",
    "€uro",
    "\u{1f600}",
    "éa",
    "ß".repeat(48),
    "a".repeat(48),
    "a".repeat(49),
    "x".repeat(65_535),
    "ü".repeat(32_767),
  ])("of every kind and length come back (%#)", (value) => {
    const packet: PublishPacket = {
      ...publish,
      topic: `t${value}`.slice(0, 65_535),
      properties: { contentType: value },
    };
    const safe = Buffer.byteLength(packet.topic) <= 65_535 ? packet : { ...packet, topic: "t" };
    expect(decodeAll(encode(safe, 5), { from: "client", version: 5 }).map(plain)).toStrictEqual([plain(safe)]);
  });

  test("lone surrogates, which UTF-8 cannot carry, become U+FFFD", () => {
    const [packet] = decodeAll(encode({ ...publish, topic: "a\ud800b" }, 4), { from: "client", version: 4 });
    expect(packet).toMatchObject({ topic: "a\ufffdb" });
  });
});

describe("shortcuts", () => {
  test.each([4, 5, 6, 7] as const)("writeAck writes the short form of type %i", (type) => {
    const target = Buffer.alloc(6, 0xee);
    expect(writeAck(target, 1, type, 0x1234)).toBe(5);
    const expected = encode({ type, packetId: 0x1234, reasonCode: 0 }, 5);
    expect(target).toEqual(Buffer.concat([bytes("ee"), expected, bytes("ee")]));
  });

  test("PINGRESP is its bytes", () => {
    expect(PINGRESP).toEqual(encode({ type: 13 }, 5));
  });

  test("a head without packet identifier gets 1, to be overwritten", () => {
    const { head, packetIdOffset } = encodePublishHead({ topic: "ü", qos: 1, payloadLength: 3 }, 5);
    expect(head).toEqual(bytes("32 0a 0002 'ü' 0001 00"));
    expect(head.readUInt16BE(packetIdOffset)).toBe(1);
  });
});

describe("fitTo", () => {
  const userProperties = [["key", "value"]] as const;
  const puback: Packet = {
    type: 4,
    packetId: 1,
    reasonCode: 0x87,
    properties: { reasonString: "because", userProperties },
  };
  const answers: readonly Packet[] = [
    puback,
    { ...puback, type: 5 },
    { ...puback, type: 6, reasonCode: 0x92 },
    { ...puback, type: 7, reasonCode: 0x92 },
    { type: 9, packetId: 1, reasonCodes: [0x87], properties: { reasonString: "because", userProperties } },
    { type: 11, packetId: 1, reasonCodes: [0x87], properties: { reasonString: "because", userProperties } },
    { type: 15, reasonCode: 0x18, properties: { authenticationMethod: "m", reasonString: "because", userProperties } },
    { type: 2, sessionPresent: false, reasonCode: 0x87, properties: { reasonString: "because", userProperties } },
    { type: 14, reasonCode: 0x8e, properties: { reasonString: "because", userProperties } },
  ];

  test.each(answers.map((packet) => [packet.type, packet] as const))(
    "drops the reason string of type %i first, then the user properties, as few as needed [MQTT-3.2.2-19] [MQTT-3.2.2-20]",
    (_, packet) => {
      const whole = encodedLength(packet, 5);
      expect(fitTo(packet, 5, whole)).toBe(packet);
      const withoutReason = fitTo(packet, 5, whole - 1) as Packet;
      expect(withoutReason).toMatchObject({ properties: { reasonString: undefined, userProperties } });
      const shorter = encodedLength(withoutReason, 5);
      expect(shorter).toBe(whole - 10);
      expect(fitTo(packet, 5, shorter)).toEqual(withoutReason);
      const bare = fitTo(packet, 5, shorter - 1) as Packet;
      expect(bare).toMatchObject({ properties: { reasonString: undefined, userProperties: undefined } });
      const least = encodedLength(bare, 5);
      expect(fitTo(packet, 5, least)).toEqual(bare);
      expect(fitTo(packet, 5, least - 1)).toBeNull();
    },
  );

  test.each(answers.map((packet) => [packet.type, packet] as const))(
    "without request problem information type %i says nothing but its code, CONNACK and DISCONNECT excepted [MQTT-3.1.2-29]",
    (type, packet) => {
      const fitting = fitTo(packet, 5, 1000, false) as Packet;
      if (type === 2 || type === 14) {
        expect(fitting).toBe(packet);
      } else {
        expect(fitting).toMatchObject({ properties: { reasonString: undefined, userProperties: undefined } });
      }
    },
  );

  test("a PUBLISH keeps its user properties or does not fit [MQTT-3.3.2-17]", () => {
    const packet: Packet = { ...publish, properties: { userProperties } };
    const whole = encodedLength(packet, 5);
    expect(fitTo(packet, 5, whole, false)).toBe(packet);
    expect(fitTo(packet, 5, whole - 1)).toBeNull();
  });

  test("a packet without properties fits or does not", () => {
    expect(fitTo({ type: 4, packetId: 1, reasonCode: 0 }, 5, 4)).toEqual({ type: 4, packetId: 1, reasonCode: 0 });
    expect(fitTo({ type: 4, packetId: 1, reasonCode: 0 }, 5, 3)).toBeNull();
  });
});
