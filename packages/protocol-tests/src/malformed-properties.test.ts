/** Property lists that no client may send, on every packet that has one (MQTT 5.0 section 2.2.2). */

import { describe, expect, it } from "vitest";
import { connectBytes, frame, string, uint16, variableByteInteger } from "./bytes.ts";
import { bystander, refuses, refusesBytes } from "./malformed.ts";
import { stores } from "./stores.ts";

const uint32 = (value: number) => Buffer.from([value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]);

/** Every property with a value that is right where it may stand. */
const VALUES: ReadonlyMap<number, Buffer> = new Map([
  [0x01, Buffer.of(1)],
  [0x02, uint32(10)],
  [0x03, string("type")],
  [0x08, string("answer")],
  [0x09, string("data")],
  [0x0b, Buffer.of(1)],
  [0x11, uint32(10)],
  [0x12, string("id")],
  [0x13, uint16(10)],
  [0x15, string("method")],
  [0x16, string("data")],
  [0x17, Buffer.of(1)],
  [0x18, uint32(10)],
  [0x19, Buffer.of(1)],
  [0x1a, string("info")],
  [0x1c, string("server")],
  [0x1f, string("reason")],
  [0x21, uint16(10)],
  [0x22, uint16(10)],
  [0x23, uint16(1)],
  [0x24, Buffer.of(1)],
  [0x25, Buffer.of(1)],
  [0x26, Buffer.concat([string("k"), string("v")])],
  [0x27, uint32(1_000)],
  [0x28, Buffer.of(1)],
  [0x29, Buffer.of(1)],
  [0x2a, Buffer.of(1)],
]);

interface PlaceOfProperties {
  /** Identifiers that a client may send here. */
  readonly allowed: readonly number[];
  /** The packet around a list that already has its length. */
  packet(list: Uint8Array): Buffer;
}

const id = string("by-hand");

const CONNECTED: Readonly<Record<string, PlaceOfProperties>> = {
  PUBLISH: {
    allowed: [0x01, 0x02, 0x03, 0x08, 0x09, 0x23, 0x26],
    packet: (list) => frame(0x30, string("a"), list),
  },
  PUBACK: { allowed: [0x1f, 0x26], packet: (list) => frame(0x40, uint16(1), 0, list) },
  PUBREC: { allowed: [0x1f, 0x26], packet: (list) => frame(0x50, uint16(1), 0, list) },
  PUBREL: { allowed: [0x1f, 0x26], packet: (list) => frame(0x62, uint16(1), 0, list) },
  PUBCOMP: { allowed: [0x1f, 0x26], packet: (list) => frame(0x70, uint16(1), 0, list) },
  SUBSCRIBE: { allowed: [0x0b, 0x26], packet: (list) => frame(0x82, uint16(1), list, string("s"), 0) },
  UNSUBSCRIBE: { allowed: [0x26], packet: (list) => frame(0xa2, uint16(1), list, string("s")) },
  DISCONNECT: { allowed: [0x11, 0x1f, 0x26], packet: (list) => frame(0xe0, 0, list) },
  AUTH: { allowed: [0x15, 0x16, 0x1f, 0x26], packet: (list) => frame(0xf0, 0x19, list) },
};

const CONNECTING: Readonly<Record<string, PlaceOfProperties>> = {
  CONNECT: {
    allowed: [0x11, 0x15, 0x16, 0x17, 0x19, 0x21, 0x22, 0x26, 0x27],
    packet: (list) => connectBytes({ level: 5, flags: 2, properties: list, payload: [id] }),
  },
  "the will": {
    allowed: [0x01, 0x02, 0x03, 0x08, 0x09, 0x18, 0x26],
    packet: (list) => connectBytes({ level: 5, flags: 6, payload: [id, list, string("w"), string("p")] }),
  },
};

function list(...properties: readonly (readonly [number, Uint8Array])[]): Buffer {
  const bytes = Buffer.concat(properties.flatMap(([id, value]) => [Buffer.of(id), value]));
  return Buffer.concat([variableByteInteger(bytes.length), bytes]);
}

/** Lists that are wrong in this place, with the codes that say so. */
function wrong(allowed: readonly number[]): [string, Buffer, readonly number[]][] {
  const cases: [string, Buffer, readonly number[]][] = [];
  for (const [id, value] of VALUES) {
    const name = `property 0x${id.toString(16)}`;
    if (!allowed.includes(id)) {
      cases.push([`${name}, which is not allowed there`, list([id, value]), [0x81, 0x82]]);
      continue;
    }
    if (id !== 0x26) cases.push([`${name} twice`, list([id, value], [id, value]), [0x82]]);
    for (let length = 0; length < value.length; length++)
      cases.push([`${name} cut to ${length} bytes`, list([id, value.subarray(0, length)]), [0x81, 0x82]]);
  }
  for (const id of [0x00, 0x04, 0x0a, 0x0c, 0x10, 0x14, 0x1b, 0x20, 0x2b, 0x7f])
    cases.push([`the unknown property 0x${id.toString(16)}`, list([id, Buffer.of(0, 0)]), [0x81]]);
  cases.push(["an identifier of two bytes", Buffer.of(3, 0x80, 0x01, 0), [0x81]]);
  cases.push(["a length of five bytes", Buffer.of(0x80, 0x80, 0x80, 0x80, 0x01), [0x81]]);
  cases.push(["a length that is too long", Buffer.of(100, 0x26), [0x81, 0x82]]);
  const right = list([0x26, VALUES.get(0x26)!]);
  cases.push([
    "a length that is too short",
    Buffer.concat([Buffer.of(right[0]! - 1), right.subarray(1)]),
    [0x81, 0x82],
  ]);
  return cases;
}

describe.each(stores)("properties, with the $name store", ({ start }) => {
  it.each(Object.entries(CONNECTED))(
    "of %s that are unknown, not allowed, repeated, cut off or wrongly counted end the connection [MQTT-2.2.2-1] [hard case 15]",
    async (_, { allowed, packet }) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      for (const [note, properties, codes] of wrong(allowed))
        await refusesBytes(broker, 5, packet(properties), codes, note);
      await neighbour.unharmed();
    },
  );

  it.each(Object.entries(CONNECTING))(
    "of %s that are unknown, not allowed, repeated, cut off or wrongly counted refuse the CONNECT [hard case 15]",
    async (_, { allowed, packet }) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      for (const [note, properties, codes] of wrong(allowed)) {
        const client = broker.open();
        client.sendBytes(packet(properties));
        await broker.idle();
        if (client.connack !== undefined) expect(codes, note).toContain(client.connack.reasonCode);
        expect(client.ended, note).toBe(true);
      }
      await neighbour.unharmed();
    },
  );

  it.each(Object.entries({ ...CONNECTED, ...CONNECTING }))(
    "of %s that are right are taken, each of them",
    async (name, { allowed, packet }) => {
      const broker = await start();
      for (const property of allowed) {
        const value = VALUES.get(property)!;
        const partner = property === 0x16 ? [[0x15, VALUES.get(0x15)!] as const] : [];
        const bytes = packet(list([property, value], ...partner));
        const connecting = name in CONNECTING;
        const client = connecting
          ? broker.open()
          : await broker.connect({ properties: { sessionExpiryInterval: 5, authenticationMethod: undefined } });
        client.sendBytes(bytes);
        await broker.idle();
        const note = `property 0x${property.toString(16)}`;
        // AUTH is an error on a connection without a method, DISCONNECT ends one: no word of malformed packets there.
        const last = client.received.at(-1);
        if (last?.type === 14) expect([name, last.reasonCode], note).toEqual(["AUTH", 0x82]);
        else if (connecting && (property === 0x15 || property === 0x16))
          expect(client.connack?.reasonCode, note).toBe(0x8c);
        else if (connecting) expect(client.connack?.reasonCode, note).toBe(0);
        else expect(client.ended, note).toBe(name === "DISCONNECT");
        if (!client.ended) await client.drop();
      }
    },
  );

  it.each([
    ["payload format indicator 2", "PUBLISH", 0x01, Buffer.of(2), [0x82]],
    ["a subscription identifier of 0", "SUBSCRIBE", 0x0b, Buffer.of(0), [0x82]],
    ["a subscription identifier of five bytes", "SUBSCRIBE", 0x0b, Buffer.of(255, 255, 255, 255, 1), [0x81]],
    ["a topic alias of 0", "PUBLISH", 0x23, uint16(0), [0x94]],
    ["a topic alias over the maximum", "PUBLISH", 0x23, uint16(11), [0x94]],
    ["a subscription identifier", "PUBLISH", 0x0b, Buffer.of(1), [0x82]],
    ["a response topic with +", "PUBLISH", 0x08, string("a/+"), [0x82, 0x90]],
    ["a response topic with #", "PUBLISH", 0x08, string("#"), [0x82, 0x90]],
    ["an empty response topic", "PUBLISH", 0x08, string(""), [0x82, 0x90]],
  ] as const)(
    "with a wrong value end the connection: %s [MQTT-3.3.2-14] [MQTT-3.3.4-6] [MQTT-3.3.2-8] [hard case 15] [hard case 16]",
    async (note, name, property, value, codes) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      await refusesBytes(broker, 5, CONNECTED[name]!.packet(list([property, value])), codes, note);
      await neighbour.unharmed();
    },
  );

  it("an empty topic without an alias ends the connection by 0x82 [hard case 16]", async () => {
    const broker = await start();
    await refusesBytes(broker, 5, frame(0x30, string(""), 0), [0x82]);
  });

  it("payload format 1 with a payload that is no UTF-8 is refused by 0x99 [hard case 16]", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe("a");
    const wrongBytes = Buffer.from("61ff", "hex");
    const properties = { payloadFormatIndicator: 1 } as const;
    const client = await broker.connect();
    for (const qos of [1, 2] as const)
      expect(await client.publish("a", wrongBytes, { qos, properties })).toMatchObject({ reasonCode: 0x99 });
    await client.publish("a", wrongBytes, { properties });
    await refuses(broker, client, [0x99], "QoS 0");
    await watcher.nothing();
    const refusal = await broker.refused({ will: { topic: "w", payload: wrongBytes, properties } });
    expect(refusal).toMatchObject({ reasonCode: 0x99 });
    const again = await broker.connect();
    for (const text of ["", "\u00e9\u{1f600}"]) {
      await again.publish("a", text, { qos: 1, properties });
      expect(await watcher.next("publish")).toMatchObject({ text });
    }
    await again.publish("a", wrongBytes, { qos: 1, properties: { payloadFormatIndicator: 0 } });
    expect((await watcher.next("publish")).payload).toHaveLength(2);
  });
});
