/** UNSUBSCRIBE and UNSUBACK (MQTT 5.0 sections 3.10 and 3.11). */

import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

describe.each(stores)("UNSUBSCRIBE, with the $name store", ({ start }) => {
  it("is answered with its identifier and a code for each filter, 0x11 for what was not there [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.10.4-6] [MQTT-3.11.3-1] [MQTT-3.11.3-2] [hard case 35]", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe(["a", "b/#", "$share/g/c"]);
    client.send("unsubscribe", { packetId: 77, filters: ["x", "a", "b/#", "a", "$share/g/c", "$share/h/c"] });
    expect(await client.next("unsuback")).toMatchObject({ packetId: 77, reasonCodes: [0x11, 0, 0, 0x11, 0, 0x11] });
  });

  it.each([3, 4] as const)(
    "is answered without codes in version %s [MQTT-3.10.4-5] [hard case 35]",
    async (version) => {
      const broker = await start();
      const client = await broker.connect({ version });
      await client.subscribe("a");
      client.send("unsubscribe", { packetId: 5, filters: ["a", "never"] });
      expect(await client.next("unsuback")).toMatchObject({ packetId: 5, reasonCodes: [] });
    },
  );

  it("ends the delivery under that filter, and only that [MQTT-3.10.4-1] [MQTT-3.10.4-2]", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe(["a/b", "a/+", "A/b"]);
    const publisher = await broker.connect();
    await client.unsubscribe("a/+");
    await publisher.publish("a/c", "no longer");
    await publisher.publish("a/b", "still");
    await publisher.publish("A/b", "another");
    expect(await client.next("publish")).toMatchObject({ text: "still" });
    expect(await client.next("publish")).toMatchObject({ text: "another" });
    await client.nothing();
  });

  it("compares filters character by character: a wildcard ends no other subscription [MQTT-3.10.4-1]", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe("a/b");
    expect((await client.unsubscribe("#", "a/+", "a/#", "A/B", "a/b/")).reasonCodes).toEqual(Array(5).fill(0x11));
    await (await broker.connect()).publish("a/b", "text");
    expect(await client.next("publish")).toMatchObject({ text: "text" });
  });

  it("touches nobody else's subscription to the same filter [MQTT-3.10.4-1]", async () => {
    const broker = await start();
    const clients = [await broker.connect(), await broker.connect(), await broker.connect()];
    for (const client of clients) await client.subscribe("same/+");
    await clients[1]!.unsubscribe("same/+");
    await (await broker.connect()).publish("same/topic", "text");
    await clients[1]!.nothing();
    for (const index of [0, 2]) expect(await clients[index]!.next("publish")).toMatchObject({ text: "text" });
  });

  it("lets messages that are under way be finished [MQTT-3.10.4-3]", async () => {
    const broker = await start();
    const client = await broker.connect({ autoAck: false });
    await client.subscribe({ filter: "a", qos: 2 });
    const publisher = await broker.connect();
    await publisher.publish("a", "text", { qos: 2 });
    const { packetId } = await client.next("publish");
    await client.unsubscribe("a");
    client.send("pubrec", { packetId });
    expect(await client.next("pubrel")).toMatchObject({ packetId, reasonCode: 0 });
    client.send("pubcomp", { packetId });
    await client.nothing();
    expect(broker.server.statsManager.population.inflight).toBe(0);
  });

  it("resends an unfinished message after a reconnect although its filter is gone [MQTT-3.10.4-3] [MQTT-4.4.0-1]", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const client = await broker.connect({ ...options, autoAck: false });
    await client.subscribe({ filter: "a", qos: 1 });
    await (await broker.connect()).publish("a", "text", { qos: 1 });
    await client.next("publish");
    await client.unsubscribe("a");
    await client.drop();
    expect(await (await broker.connect(options)).next("publish")).toMatchObject({ text: "text", dup: true });
  });

  it("is remembered by a session that comes back", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const client = await broker.connect(options);
    await client.subscribe([
      { filter: "a", qos: 1 },
      { filter: "b", qos: 1 },
    ]);
    await client.unsubscribe("a");
    await client.drop();
    const publisher = await broker.connect();
    await publisher.publish("a", "no", { qos: 1 });
    await publisher.publish("b", "yes", { qos: 1 });
    const back = await broker.connect(options);
    expect(await back.next("publish")).toMatchObject({ text: "yes" });
    await back.nothing();
  });
});

describe.each(stores)("one of several subscriptions ends, with the $name store", ({ start }) => {
  it("the overlapping one stays, with its identifier and QoS", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe({ filter: "a/#", qos: 2 }, { subscriptionIdentifier: 1 });
    await client.subscribe({ filter: "a/b", qos: 1 }, { subscriptionIdentifier: 2 });
    await client.unsubscribe("a/#");
    await (await broker.connect()).publish("a/b", "text", { qos: 2 });
    expect(await client.next("publish")).toMatchObject({ qos: 1, properties: { subscriptionIdentifiers: [2] } });
    await client.nothing();
  });

  it.each([
    ["the plain one", "a", "$share/g/a"],
    ["the shared one", "$share/g/a", "a"],
  ])("%s: the other goes on [hard case 34]", async (_, ends, stays) => {
    const broker = await start();
    const client = await broker.connect();
    const publisher = await broker.connect();
    await client.subscribe([ends, stays]);
    await publisher.publish("a", "to both");
    expect(await client.next("publish")).toMatchObject({ text: "to both" });
    expect(await client.next("publish")).toMatchObject({ text: "to both" });
    expect((await client.unsubscribe(ends)).reasonCodes).toEqual([0]);
    await publisher.publish("a", "to one");
    expect(await client.next("publish")).toMatchObject({ text: "to one" });
    await client.nothing();
    expect((await client.unsubscribe(stays)).reasonCodes).toEqual([0]);
    await publisher.publish("a", "to none");
    await client.nothing();
  });

  it("one group of a member leaves its other groups [hard case 34]", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe(["$share/g/a", "$share/h/a", "$share/g/+"]);
    await client.unsubscribe("$share/g/a");
    const publisher = await broker.connect();
    await publisher.publish("a", "text");
    for (let copies = 0; copies < 2; copies++) expect(await client.next("publish")).toMatchObject({ text: "text" });
    await client.nothing();
  });
});
