/** UTF-8 in every string that a client can send (MQTT 5.0 section 1.5.4). */

import { describe, expect, it } from "vitest";
import { connectBytes, frame, string, uint16, variableByteInteger } from "./bytes.ts";
import { bystander, refusesBytes } from "./malformed.ts";
import { stores } from "./stores.ts";

const WRONG: Record<string, string> = {
  "an over-long slash": "c0af",
  "an over-long NUL": "c080",
  "an over-long form of three bytes": "e080af",
  "an over-long form of four bytes": "f08080af",
  "a high surrogate": "eda080",
  "a low surrogate": "edb080",
  "a pair of surrogates": "eda081edb080",
  "more than U+10FFFF": "f4908080",
  "a first byte of five": "f888808080",
  "a lone FF": "61ff62",
  "a continuation byte alone": "80",
  "a cut-off sequence": "61e282",
  "U+0000": "610062",
};

type Place = (text: Buffer) => Buffer;

function property(id: number, ...strings: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat([Buffer.of(id), ...strings.map(string)]);
  return Buffer.concat([variableByteInteger(bytes.length), bytes]);
}

const AFTER: Record<string, Place> = {
  "a topic name": (text) => frame(0x30, string(text), 0),
  "a topic name at QoS 1": (text) => frame(0x32, string(text), uint16(1), 0),
  "a filter of SUBSCRIBE": (text) => frame(0x82, uint16(1), 0, string(text), 0),
  "a second filter of SUBSCRIBE": (text) => frame(0x82, uint16(1), 0, string("a"), 0, string(text), 0),
  "a filter of UNSUBSCRIBE": (text) => frame(0xa2, uint16(1), 0, string(text)),
  "a content type": (text) => frame(0x30, string("a"), property(0x03, text)),
  "a response topic": (text) => frame(0x30, string("a"), property(0x08, text)),
  "a user property's name": (text) => frame(0x30, string("a"), property(0x26, text, Buffer.from("v"))),
  "a user property's value": (text) => frame(0x30, string("a"), property(0x26, Buffer.from("k"), text)),
  "a user property of SUBSCRIBE": (text) => frame(0x82, uint16(1), property(0x26, text, text), string("a"), 0),
  "a user property of UNSUBSCRIBE": (text) => frame(0xa2, uint16(1), property(0x26, text, text), string("a")),
  "a reason string of PUBACK": (text) => frame(0x40, uint16(1), 0, property(0x1f, text)),
  "a reason string of DISCONNECT": (text) => frame(0xe0, 0, property(0x1f, text)),
  "an authentication method of AUTH": (text) => frame(0xf0, 0x19, property(0x15, text)),
};

const WILL = 0x06;
const USER = 0x82;
const id = string("id");

const IN_CONNECT: Record<string, Place> = {
  "a client identifier": (text) => connectBytes({ level: 5, flags: 2, payload: [string(text)] }),
  "a user name": (text) => connectBytes({ level: 5, flags: USER, payload: [id, string(text)] }),
  "a will topic": (text) =>
    connectBytes({ level: 5, flags: WILL, payload: [id, Buffer.of(0), string(text), string("")] }),
  "a content type of the will": (text) =>
    connectBytes({ level: 5, flags: WILL, payload: [id, property(0x03, text), string("w"), string("")] }),
  "a user property of the will": (text) =>
    connectBytes({ level: 5, flags: WILL, payload: [id, property(0x26, text, text), string("w"), string("")] }),
  "a user property": (text) => connectBytes({ level: 5, flags: 2, properties: property(0x26, text, text) }),
  "an authentication method": (text) => connectBytes({ level: 5, flags: 2, properties: property(0x15, text) }),
};

describe.each(stores)("strings that are no UTF-8, with the $name store", ({ start }) => {
  it.each(Object.entries(AFTER))(
    "end the connection as %s [MQTT-3.3.2-1] [MQTT-3.3.2-13] [MQTT-3.3.2-19] [MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.7-1] [hard case 17]",
    async (_, place) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      for (const [note, bytes] of Object.entries(WRONG))
        await refusesBytes(broker, 5, place(Buffer.from(bytes, "hex")), [0x81], note);
      await neighbour.unharmed();
    },
  );

  it.each(Object.entries(IN_CONNECT))(
    "refuse a CONNECT with one as %s [MQTT-1.5.4-1] [MQTT-1.5.4-2] [hard case 17]",
    async (_, place) => {
      const broker = await start();
      const neighbour = await bystander(broker);
      for (const [note, bytes] of Object.entries(WRONG)) {
        const client = broker.open();
        client.sendBytes(place(Buffer.from(bytes, "hex")));
        await broker.idle();
        if (client.connack !== undefined) expect([0x81, 0x85], note).toContain(client.connack.reasonCode);
        expect(client.ended, note).toBe(true);
      }
      await neighbour.unharmed();
    },
  );

  it.each([3, 4] as const)(
    "end the connection in version %s, too [MQTT-1.5.3-1] [MQTT-1.5.3-2] [hard case 17]",
    async (version) => {
      const broker = await start();
      for (const [note, bytes] of Object.entries(WRONG)) {
        const text = string(Buffer.from(bytes, "hex"));
        await refusesBytes(broker, version, frame(0x30, text), [], note);
        await refusesBytes(broker, version, frame(0x82, uint16(1), text, 0), [], note);
        await refusesBytes(broker, version, frame(0xa2, uint16(1), text), [], note);
      }
    },
  );

  it("are no matter in payloads, passwords and binary properties [MQTT-1.5.4-2]", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe("a");
    for (const bytes of Object.values(WRONG)) {
      const binary = Buffer.from(bytes, "hex");
      const client = await broker.connect({ username: "u", password: binary });
      await client.publish("a", binary, { properties: { correlationData: binary } });
      const { payload, properties } = await watcher.next("publish");
      expect(Buffer.from(payload)).toEqual(binary);
      expect(Buffer.from(properties?.correlationData ?? [])).toEqual(binary);
    }
  });

  it("keep U+FEFF wherever it stands: topic, client identifier, user property [MQTT-1.5.4-3] [MQTT-1.5.3-3] [hard case 17]", async () => {
    const broker = await start();
    const client = await broker.connect({ clientId: "\ufeffid" });
    expect(broker.server.clientService.getClient("\ufeffid")).toBeDefined();
    expect(broker.server.clientService.getClient("id")).toBeUndefined();
    await client.subscribe("\ufeffa");
    await client.publish("a", "no");
    await client.publish("\ufeffa", "yes", { properties: { userProperties: [["\ufeffk", "v\ufeff"]] } });
    const { properties, topic } = await client.next("publish");
    expect(topic).toBe("\ufeffa");
    expect(properties?.userProperties).toEqual([["\ufeffk", "v\ufeff"]]);
    await client.nothing();
  });
});
