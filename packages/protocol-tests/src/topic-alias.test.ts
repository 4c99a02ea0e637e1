/** Topic aliases, both ways (MQTT 5.0 section 3.3.2.3.4). */

import { describe, expect, it } from "vitest";
import { frame } from "./bytes.ts";
import { stores } from "./stores.ts";

describe.each(stores)("aliases of the client, with the $name store", ({ start }) => {
  it("stand for their topics, may be set anew, and are not forwarded [MQTT-3.3.2-7] [MQTT-3.1.2-27] [hard case 29]", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe("#");
    const client = await broker.connect();
    const send = (topic: string, topicAlias: number) => client.send("publish", { topic, properties: { topicAlias } });
    send("one", 1);
    send("ten", 10);
    send("", 1);
    send("", 10);
    send("other", 1);
    send("", 1);
    for (const topic of ["one", "ten", "one", "ten", "other", "other"]) {
      const publish = await watcher.next("publish");
      expect(publish.topic).toBe(topic);
      expect(publish.properties?.topicAlias).toBeUndefined();
    }
  });

  it("are forgotten on reconnect [MQTT-3.3.2-7] [hard case 29]", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const first = await broker.connect(options);
    await first.publish("one", "", { qos: 1, properties: { topicAlias: 1 } });
    await first.drop();
    const second = await broker.connect(options);
    second.send("publish", { topic: "", properties: { topicAlias: 1 } });
    await second.disconnected(0x82);
  });

  it.each([
    ["0", 0],
    ["one above the maximum", 11],
    ["65535", 65_535],
  ])("of %s end in DISCONNECT 0x94 [MQTT-3.3.2-8] [MQTT-3.2.2-17] [hard case 16]", async (_, alias) => {
    const broker = await start();
    const client = await broker.connect();
    expect(client.connack?.properties?.topicAliasMaximum).toBe(10);
    client.sendBytes(frame(0x30, "00 01 61", "03 23", Buffer.of(alias >> 8, alias & 0xff)));
    await client.disconnected(0x94);
  });

  it("up to the maximum are taken [MQTT-3.2.2-17] [MQTT-3.3.2-12]", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.publish("a", "", { qos: 1, properties: { topicAlias: 10 } });
  });

  it("that were never set are a protocol error [hard case 16]", async () => {
    const broker = await start();
    const client = await broker.connect();
    client.send("publish", { topic: "", properties: { topicAlias: 3 } });
    await client.disconnected(0x82);
  });

  it("are refused when topic_alias_maximum is 0 [MQTT-3.2.2-18]", async () => {
    const broker = await start({ config: { mqtt: { topicAliasMaximum: 0 } } });
    const client = await broker.connect();
    client.send("publish", { topic: "a", properties: { topicAlias: 1 } });
    await client.disconnected(0x94);
  });

  it("set and clear retained messages under their topic", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.publish("one", "", { qos: 1, properties: { topicAlias: 1 } });
    await client.publish("", "kept", { qos: 1, retain: true, properties: { topicAlias: 1 } });
    const first = await broker.connect();
    await first.subscribe("#");
    expect(await first.find("publish")).toMatchObject({ topic: "one", text: "kept", retain: true });
    await client.publish("", "", { qos: 1, retain: true, properties: { topicAlias: 1 } });
    const second = await broker.connect();
    await second.subscribe("#");
    await second.nothing();
  });
});

describe.each(stores)("aliases of the broker, with the $name store", ({ start }) => {
  it("start at 1, stay within the client's maximum, and carry the topic at first [MQTT-3.3.2-11] [MQTT-3.1.2-26] [hard case 29]", async () => {
    const broker = await start();
    const client = await broker.connect({ properties: { topicAliasMaximum: 2 } });
    await client.subscribe("#");
    const publisher = await broker.connect();
    const topics = ["x", "y", "x", "y", "z", "x", "z"];
    for (const topic of topics) await publisher.publish(topic, topic);
    const known = new Map<number, string>();
    const used = [];
    for (const topic of topics) {
      const publish = await client.next("publish");
      const alias = publish.properties?.topicAlias;
      if (alias !== undefined) {
        if (publish.topic !== "") known.set(alias, publish.topic);
        used.push(alias);
      }
      expect(publish.topic === "" ? known.get(alias!) : publish.topic).toBe(topic);
    }
    expect(used[0]).toBe(1);
    expect(Math.max(...used)).toBeLessThanOrEqual(2);
    expect(client.received.some((packet) => packet.type === 3 && packet.topic === "")).toBe(true);
  });

  it.each([undefined, 0])(
    "are not used towards a client with topic alias maximum %s [MQTT-3.1.2-27] [hard case 29]",
    async (topicAliasMaximum) => {
      const broker = await start();
      const client = await broker.connect(topicAliasMaximum === undefined ? {} : { properties: { topicAliasMaximum } });
      await client.subscribe("#");
      const publisher = await broker.connect();
      for (let count = 0; count < 3; count++) {
        await publisher.publish("a", "text");
        expect(await client.next("publish")).toMatchObject({ topic: "a" });
      }
    },
  );

  it("begin anew with each connection; what is sent again carries its topic [hard case 29]", async () => {
    const broker = await start();
    const options = {
      clientId: "s",
      cleanStart: false,
      autoAck: false,
      properties: { topicAliasMaximum: 5, sessionExpiryInterval: 60 },
    };
    const first = await broker.connect(options);
    await first.subscribe({ filter: "#", qos: 1 });
    const publisher = await broker.connect();
    for (const text of ["one", "two"]) await publisher.publish("a", text, { qos: 1 });
    await first.next("publish");
    await first.next("publish");
    await first.drop();
    const second = await broker.connect(options);
    expect(await second.next("publish")).toMatchObject({ topic: "a", text: "one", dup: true });
    const again = await second.next("publish");
    expect(again).toMatchObject({ text: "two", dup: true });
  });

  it("replace the oldest one first when all are taken", async () => {
    const broker = await start();
    const client = await broker.connect({ properties: { topicAliasMaximum: 2 } });
    await client.subscribe("#");
    const publisher = await broker.connect();
    const seen = [];
    for (const topic of ["x", "y", "z", "z"]) {
      await publisher.publish(topic, "");
      const publish = await client.next("publish");
      seen.push([publish.topic, publish.properties?.topicAlias]);
    }
    expect(seen).toEqual([
      ["x", 1],
      ["y", 2],
      ["z", 1],
      ["", 1],
    ]);
  });
});
