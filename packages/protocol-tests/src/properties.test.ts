/** Properties of a PUBLISH on their way through the broker (MQTT 5.0 section 3.3.2.3). */

import { describe, expect, it } from "vitest";
import { frame, string } from "./bytes.ts";
import { stores } from "./stores.ts";

describe.each(stores)("properties of a message, with the $name store", ({ start }) => {
  const all = {
    payloadFormatIndicator: 1,
    contentType: "application/json; charset=utf-8",
    responseTopic: "answers/\u{1f600}",
    correlationData: Buffer.from([0, 1, 254, 255]),
    userProperties: [
      ["z", "1"],
      ["a", "2"],
      ["z", "1"],
      ["", ""],
      ["a", "\ufeffvalue"],
    ],
  } as const;

  it.each([0, 1, 2] as const)(
    "go through unchanged at QoS %s: order, repeated names, empty ones [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20] [hard case 36]",
    async (qos) => {
      const broker = await start();
      const client = await broker.connect();
      await client.subscribe({ filter: "a", qos });
      await (await broker.connect()).publish("a", "{}", { qos, properties: all });
      const { properties, text } = await client.next("publish");
      expect(text).toBe("{}");
      expect(properties).toEqual(all);
    },
  );

  it("wait with the message in the queue [hard case 36]", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const client = await broker.connect(options);
    await client.subscribe({ filter: "a", qos: 1 });
    await client.drop();
    const publisher = await broker.connect();
    await publisher.publish("a", "{}", { qos: 1, properties: all });
    // What comes behind it must not write over it.
    for (let index = 0; index < 50; index++) await publisher.publish("b", "x".repeat(1_000), { qos: 1 });
    expect((await (await broker.connect(options)).next("publish")).properties).toEqual(all);
  });

  it.each([
    ["a property each", { payloadFormatIndicator: 0 }],
    ["empty texts", { contentType: "", responseTopic: "r", correlationData: Buffer.alloc(0) }],
    ["long ones", { contentType: "c".repeat(65_535), correlationData: Buffer.alloc(65_535, 7) }],
  ] as const)("may be %s [MQTT-3.3.2-20]", async (_, properties) => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe("a");
    await (await broker.connect()).publish("a", "", { properties });
    expect((await client.next("publish")).properties).toEqual(properties);
  });

  it("are no matter for 3.1.1, in either direction", async () => {
    const broker = await start();
    const old = await broker.connect({ version: 4 });
    const young = await broker.connect();
    for (const client of [old, young]) await client.subscribe("#");
    await young.publish("a", "from 5", { properties: all });
    expect(await old.next("publish")).toMatchObject({ text: "from 5", topic: "a" });
    await young.next("publish");
    await old.publish("b", "from 4");
    expect((await young.next("publish")).properties ?? {}).toEqual({});
  });

  it("and flags of the publisher's own are not passed on: DUP, topic alias [MQTT-3.3.1-3]", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    publisher.send("publish", { topic: "a", qos: 1, packetId: 1, dup: true, properties: { topicAlias: 2 } });
    const message = await client.next("publish");
    expect(message.dup).toBe(false);
    expect(message.properties?.topicAlias).toBeUndefined();
  });

  it("say 0 length when there are none [MQTT-2.2.2-1] [MQTT-2.2.1-2]", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe("a");
    (await broker.connect()).sendBytes(frame(0x30, string("a"), 0, "78"));
    // The strict decoder of the client would not take it otherwise.
    expect(await client.next("publish")).toMatchObject({ packetId: 0, text: "x" });
  });

  it("are counted: more user properties than limits.max_user_properties end in 0x97", async () => {
    const broker = await start({ config: { limits: { maxUserProperties: 2 } } });
    const neighbour = await broker.connect();
    await neighbour.subscribe("a");
    const client = await broker.connect();
    const userProperties = (count: number) => Array.from({ length: count }, () => ["a", "b"] as const);
    await client.publish("a", "two", { properties: { userProperties: userProperties(2) } });
    expect(await neighbour.next("publish")).toMatchObject({ text: "two" });
    await client.publish("a", "three", { properties: { userProperties: userProperties(3) } });
    await client.disconnected(0x97);
    await neighbour.nothing();
  });
});
