/** What is encoded decodes to the same packet: any packet, any version, in chunks of any size. */
import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import { Decoder } from "./decoder.ts";
import { encode, encodedLength } from "./encoder.ts";
import type { ProtocolVersion, Sender } from "./packet-type.ts";
import type { Packet } from "./packets/packet.ts";
import { encodePublishHead, type PublishPacket } from "./packets/publish.ts";
import { isReasonCodeAllowed } from "./reason-code-places.ts";
import { decodeAll, drain, plain } from "./testing/bytes.ts";

const text = fc.string({ unit: "grapheme", maxLength: 80 }).map((value) => value.replaceAll("\u0000", ""));
const topic = text.map((value) => value.replaceAll(/[+#]/g, "x") || "t");
const data = fc.uint8Array({ maxLength: 60 }).map((value) => Buffer.from(value));
const uint16 = fc.integer({ min: 0, max: 65_535 });
const positive16 = fc.integer({ min: 1, max: 65_535 });
const uint32 = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 4_294_967_295 }));
const positive32 = uint32.map((value) => value || 1);
const identifier = fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 268_435_455 }));
const qos = fc.constantFrom(0 as const, 1 as const, 2 as const);
const bit = fc.constantFrom(0 as const, 1 as const);
const boolean = fc.boolean();
const userProperties = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 });

/** Some of the fields, and no properties at all instead of none of them. */
function some<T extends Record<string, Arbitrary<unknown>>>(model: T): Arbitrary<Record<string, unknown> | undefined> {
  return fc
    .record(model, { requiredKeys: [] })
    .map((properties) => (Object.keys(properties).length === 0 ? undefined : properties));
}

function record(model: Record<string, Arbitrary<unknown>>): Arbitrary<Packet> {
  return fc.record(model) as unknown as Arbitrary<Packet>;
}

function codes(type: number, from: Sender): Arbitrary<number> {
  const allowed = [...Array(256).keys()].filter((code) => isReasonCodeAllowed(code, type as 4, from));
  return fc.constantFrom(...allowed);
}

function packetOf(version: ProtocolVersion, from: Sender): Arbitrary<Packet> {
  const v5 = version === 5;
  const only5 = <T>(arbitrary: Arbitrary<T>): Arbitrary<T | undefined> => (v5 ? arbitrary : fc.constant(undefined));
  const answer = only5(some({ reasonString: text, userProperties }));
  const authentication = fc.constantFrom(
    {},
    { authenticationMethod: "m" },
    { authenticationMethod: "", authenticationData: Buffer.of(1) },
  );
  const message = {
    payloadFormatIndicator: bit,
    messageExpiryInterval: uint32,
    contentType: text,
    responseTopic: topic,
    correlationData: data,
    userProperties,
  };
  const publishes = qos.chain((level) =>
    record({
      type: fc.constant(3),
      dup: level === 0 ? fc.constant(false) : boolean,
      qos: fc.constant(level),
      retain: boolean,
      topic,
      packetId: level === 0 ? fc.constant(0) : positive16,
      payload: data,
      properties: only5(
        some({
          ...message,
          topicAlias: positive16,
          ...(from === "server"
            ? { subscriptionIdentifiers: fc.array(identifier, { minLength: 1, maxLength: 4 }) }
            : {}),
        }),
      ),
    }),
  );
  const acknowledgements = fc.constantFrom(4, 5, 6, 7).chain((type) =>
    record({
      type: fc.constant(type),
      packetId: positive16,
      reasonCode: v5 ? codes(type, from) : fc.constant(0),
      properties: answer,
    }),
  );
  const auth = record({
    type: fc.constant(15),
    reasonCode: v5 ? codes(15, from) : fc.constant(0),
    properties: some({ authenticationData: data, reasonString: text, userProperties }).map((rest) => ({
      ...rest,
      authenticationMethod: "m",
    })),
  });
  const disconnect = record({
    type: fc.constant(14),
    reasonCode: v5 ? codes(14, from) : fc.constant(0),
    properties: only5(
      some({
        reasonString: text,
        userProperties,
        ...(from === "client" ? { sessionExpiryInterval: uint32 } : { serverReference: text }),
      }),
    ),
  });
  const both = v5 ? [publishes, acknowledgements, auth, disconnect] : [publishes, acknowledgements];

  if (from === "server") {
    const connack = (v5 ? codes(2, "server") : fc.integer({ min: 0, max: 5 })).chain((reasonCode) =>
      record({
        type: fc.constant(2),
        sessionPresent: reasonCode === 0 && version !== 3 ? boolean : fc.constant(false),
        reasonCode: fc.constant(reasonCode),
        properties: only5(
          fc
            .tuple(
              authentication,
              some({
                sessionExpiryInterval: uint32,
                assignedClientIdentifier: text,
                serverKeepAlive: uint16,
                responseInformation: text,
                serverReference: text,
                reasonString: text,
                receiveMaximum: positive16,
                topicAliasMaximum: uint16,
                maximumQoS: bit,
                retainAvailable: boolean,
                userProperties,
                maximumPacketSize: positive32,
                wildcardSubscriptionAvailable: boolean,
                subscriptionIdentifierAvailable: boolean,
                sharedSubscriptionAvailable: boolean,
              }),
            )
            .map(([method, rest]) => ({ receiveMaximum: 1, ...method, ...rest })),
        ),
      }),
    );
    const suback = record({
      type: fc.constant(9),
      packetId: positive16,
      reasonCodes: fc.array(v5 ? codes(9, "server") : fc.constantFrom(0, 1, 2, 0x80), { minLength: 1, maxLength: 9 }),
      properties: answer,
    });
    const unsuback = record({
      type: fc.constant(11),
      packetId: positive16,
      reasonCodes: v5 ? fc.array(codes(11, "server"), { minLength: 1, maxLength: 9 }) : fc.constant([]),
      properties: answer,
    });
    return fc.oneof(connack, suback, unsuback, record({ type: fc.constant(13) }), ...both);
  }

  const will = fc.option(
    fc.record({
      topic,
      payload: data,
      qos,
      retain: boolean,
      properties: only5(some({ ...message, willDelayInterval: uint32 })),
    }),
    { nil: undefined },
  );
  const connect = fc
    .record({
      type: fc.constant(1 as const),
      protocolName: fc.constant(version === 3 ? "MQIsdp" : "MQTT"),
      protocolVersion: fc.constant(version),
      cleanStart: boolean,
      keepAlive: uint16,
      clientId: text,
      will,
      username: fc.option(text, { nil: undefined }),
      password: fc.option(data, { nil: undefined }),
      bridge: v5 ? fc.constant(false) : boolean,
      properties: only5(
        fc
          .tuple(
            authentication,
            some({
              sessionExpiryInterval: uint32,
              requestProblemInformation: boolean,
              requestResponseInformation: boolean,
              receiveMaximum: positive16,
              topicAliasMaximum: uint16,
              maximumPacketSize: positive32,
              userProperties,
            }),
          )
          .map(([method, rest]) => ({ topicAliasMaximum: 0, ...method, ...rest })),
      ),
    })
    .map((packet) =>
      v5 || packet.username !== undefined ? packet : { ...packet, password: undefined },
    ) as Arbitrary<Packet>;
  const subscribe = record({
    type: fc.constant(8),
    packetId: positive16,
    subscriptions: fc.array(
      fc.record({
        filter: text,
        qos,
        noLocal: fc.constant(false),
        retainAsPublished: v5 ? boolean : fc.constant(false),
        retainHandling: v5 ? qos : fc.constant(0),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    properties: only5(some({ subscriptionIdentifier: identifier, userProperties })),
  });
  const unsubscribe = record({
    type: fc.constant(10),
    packetId: positive16,
    filters: fc.array(text, { minLength: 1, maxLength: 6 }),
    properties: only5(some({ userProperties })),
  });
  return fc.oneof(connect, subscribe, unsubscribe, record({ type: fc.constant(12) }), disconnect, ...both);
}

describe.each([3, 4, 5] as const)("version %i", (version) => {
  test.each(["client", "server"] as const)("packets of a %s come back as they were", (from) => {
    fc.assert(
      fc.property(
        fc.array(packetOf(version, from), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 200 }),
        (packets, size) => {
          const frames = packets.map((packet) => encode(packet, version));
          for (const [index, frame] of frames.entries()) {
            expect(frame.length).toBe(encodedLength(packets[index] as Packet, version));
          }
          const whole = Buffer.concat(frames);
          const decoder = new Decoder({ from, version });
          const decoded: unknown[] = [];
          for (let at = 0; at < whole.length; at += size) {
            decoder.push(whole.subarray(at, at + size));
            decoded.push(...drain(decoder).map(plain));
          }
          expect(decoded).toStrictEqual(packets.map(plain));
        },
      ),
      { numRuns: 700, seed: 20_261_123 },
    );
  });

  test("the head of a PUBLISH and its payload are the PUBLISH", () => {
    fc.assert(
      fc.property(packetOf(version, "server"), (packet) => {
        fc.pre(packet.type === 3);
        const publish = packet as PublishPacket;
        const { head, packetIdOffset } = encodePublishHead(
          { ...publish, payloadLength: publish.payload.length },
          version,
        );
        const whole = Buffer.concat([head, publish.payload]);
        expect(whole.equals(encode(publish, version))).toBe(true);
        expect(packetIdOffset === -1).toBe(publish.qos === 0);
        if (packetIdOffset !== -1) {
          whole.writeUInt16BE(0xabcd, packetIdOffset);
          expect(decodeAll(whole, { from: "server", version })).toMatchObject([{ packetId: 0xabcd }]);
        }
      }),
      { numRuns: 1000, seed: 4711 },
    );
  });
});
