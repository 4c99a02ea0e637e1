/** Retained messages: set, replaced, deleted, expired, asked for (MQTT 5.0 section 3.3.1.3). */

import type { TestBroker } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { durableStores, stores } from "./stores.ts";

/** Topics and texts that a new subscriber gets for a filter, sorted by topic. */
async function retainedFor(broker: TestBroker, filter: string): Promise<[string, string][]> {
  const client = await broker.connect();
  await client.subscribe({ filter, qos: 2 });
  await broker.idle();
  const found = client.received.flatMap((packet): [string, string][] =>
    packet.type === 3 ? [[packet.topic, packet.text]] : [],
  );
  await client.disconnect();
  return found.toSorted();
}

describe.each(stores)("retained messages, with the $name store", ({ start }) => {
  it.each([3, 4, 5] as const)(
    "are given to new subscribers with RETAIN 1, to present ones with 0, in version %s [MQTT-3.3.1-5] [MQTT-3.3.1-9] [MQTT-3.3.1-12] [hard case 30]",
    async (version) => {
      const broker = await start();
      const present = await broker.connect({ version });
      await present.subscribe("a");
      const publisher = await broker.connect({ version });
      await publisher.publish("a", "kept", { retain: true });
      expect(await present.next("publish")).toMatchObject({ text: "kept", retain: false });
      const late = await broker.connect({ version });
      await late.subscribe("a");
      expect(await late.next("publish")).toMatchObject({ text: "kept", retain: true, dup: false });
      await publisher.publish("a", "live");
      expect(await late.next("publish")).toMatchObject({ text: "live", retain: false });
    },
  );

  it("replace one another; what is not retained changes nothing [MQTT-3.3.1-5] [MQTT-3.3.1-8]", async () => {
    const broker = await start();
    const publisher = await broker.connect();
    await publisher.publish("a", "first", { retain: true });
    await publisher.publish("a", "second", { retain: true, qos: 1 });
    await publisher.publish("a", "passing", { qos: 1 });
    await publisher.publish("a", "", { qos: 1 });
    expect(await retainedFor(broker, "a")).toEqual([["a", "second"]]);
  });

  it("are deleted by an empty payload, which is forwarded and never kept [MQTT-3.3.1-6] [MQTT-3.3.1-7] [hard case 30]", async () => {
    const broker = await start();
    const present = await broker.connect();
    await present.subscribe({ filter: "a", retainAsPublished: true });
    const publisher = await broker.connect();
    await publisher.publish("a", "kept", { retain: true });
    await publisher.publish("a", "", { retain: true, qos: 1 });
    expect(await present.next("publish")).toMatchObject({ text: "kept" });
    expect(await present.next("publish")).toMatchObject({ text: "", retain: true });
    expect(await retainedFor(broker, "#")).toEqual([]);
    await publisher.publish("never/there", "", { retain: true, qos: 1 });
    expect(await retainedFor(broker, "#")).toEqual([]);
  });

  it("outlive the session of their publisher [hard case 30]", async () => {
    const broker = await start();
    const publisher = await broker.connect();
    await publisher.publish("a", "kept", { retain: true, qos: 1 });
    await publisher.disconnect();
    await broker.advance(3_600_000);
    expect(await retainedFor(broker, "a")).toEqual([["a", "kept"]]);
  });

  it.each([
    [0, 2, 0],
    [1, 0, 0],
    [1, 2, 1],
    [2, 1, 1],
    [2, 2, 2],
  ] as const)(
    "kept with QoS %s and asked for with %s come with %s [MQTT-3.8.4-8] [hard case 31]",
    async (kept, asked, got) => {
      const broker = await start();
      await (await broker.connect()).publish("a", "kept", { retain: true, qos: kept });
      await broker.idle();
      const client = await broker.connect();
      await client.subscribe({ filter: "a", qos: asked });
      expect(await client.next("publish")).toMatchObject({ qos: got, retain: true, dup: false });
    },
  );

  it("are found by wildcards, each once, those of $ topics only by name [MQTT-4.7.2-1]", async () => {
    const broker = await start();
    const publisher = await broker.connect();
    const topics = ["a", "a/b", "a/b/c", "a/", "/a", "b", "$s/a"];
    for (const topic of topics) await publisher.publish(topic, topic, { retain: true });
    const found = async (filter: string) => (await retainedFor(broker, filter)).map(([topic]) => topic);
    expect(await found("#")).toEqual(["/a", "a", "a/", "a/b", "a/b/c", "b"]);
    expect(await found("a/#")).toEqual(["a", "a/", "a/b", "a/b/c"]);
    expect(await found("+")).toEqual(["a", "b"]);
    expect(await found("+/b/#")).toEqual(["a/b", "a/b/c"]);
    expect(await found("$s/+")).toEqual(["$s/a"]);
    expect(await found("a/b")).toEqual(["a/b"]);
    expect(await found("c")).toEqual([]);
  });

  it("come with all their properties, behind SUBACK", async () => {
    const broker = await start();
    const properties = {
      payloadFormatIndicator: 1,
      contentType: "text/plain",
      responseTopic: "answers",
      correlationData: Buffer.from([1, 0, 255]),
      userProperties: [
        ["b", "1"],
        ["a", "2"],
        ["b", "1"],
      ],
    } as const;
    await (await broker.connect()).publish("a", "kept", { retain: true, qos: 1, properties });
    const client = await broker.connect();
    client.send("subscribe", {
      packetId: 1,
      subscriptions: [{ filter: "a", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    });
    await client.next("suback");
    expect((await client.next("publish")).properties).toEqual(properties);
  });

  it("are really gone when they have expired: from queries, counts and bytes [MQTT-3.3.2-5] [hard case 28]", async () => {
    const broker = await start();
    const publisher = await broker.connect();
    const { retainedService } = broker.server;
    await publisher.publish("short", "x", { retain: true, qos: 1, properties: { messageExpiryInterval: 10 } });
    await publisher.publish("long", "y", { retain: true, qos: 1, properties: { messageExpiryInterval: 1_000 } });
    await broker.advance(9_500);
    // Asking for it does not give it a new life.
    expect((await retainedFor(broker, "#")).map(([topic]) => topic)).toEqual(["long", "short"]);
    await broker.advance(1_500);
    expect((await retainedFor(broker, "#")).map(([topic]) => topic)).toEqual(["long"]);
    expect(retainedService.count).toBe(1);
    expect(retainedService.bytes).toBe(5);
    expect(retainedService.get("short")).toBeUndefined();
  });

  it("that replace an expiring one are not taken away with it", async () => {
    const broker = await start();
    const publisher = await broker.connect();
    await publisher.publish("a", "short", { retain: true, qos: 1, properties: { messageExpiryInterval: 5 } });
    await publisher.publish("a", "forever", { retain: true, qos: 1 });
    await broker.advance(60_000);
    expect(await retainedFor(broker, "a")).toEqual([["a", "forever"]]);
  });

  it("come in great numbers without a hole, however small the window", async () => {
    const broker = await start();
    const publisher = await broker.connect();
    const topics = Array.from({ length: 2_500 }, (_, index) => `many/${String(index).padStart(4, "0")}`);
    for (const topic of topics) publisher.send("publish", { topic, retain: true, payload: Buffer.from("x") });
    await broker.idle();
    const client = await broker.connect({ properties: { receiveMaximum: 7 } });
    await client.subscribe({ filter: "many/#", qos: 1 });
    await broker.idle();
    const got = client.received.flatMap((packet) => (packet.type === 3 ? [packet.topic] : []));
    expect(got.toSorted()).toEqual(topics);
  });

  it("are not taken at all when retain_available is off: DISCONNECT 0x9a [MQTT-3.2.2-14]", async () => {
    const broker = await start({ config: { mqtt: { retainAvailable: false } } });
    const client = await broker.connect();
    client.send("publish", { topic: "a", retain: true, payload: Buffer.from("x") });
    await client.disconnected(0x9a);
  });
});

describe.each(durableStores)("retained messages over a restart, with the $name store", ({ start }) => {
  it("are as they were, with what is left of their expiry; deleted ones stay away [hard case 40]", async () => {
    const broker = await start();
    const publisher = await broker.connect();
    const userProperties = [
      ["a", "1"],
      ["a", "2"],
    ] as const;
    await publisher.publish("kept", "x", { retain: true, qos: 2, properties: { contentType: "t", userProperties } });
    await publisher.publish("expiring", "y", { retain: true, qos: 1, properties: { messageExpiryInterval: 100 } });
    await publisher.publish("gone", "z", { retain: true, qos: 1 });
    await publisher.publish("gone", "", { retain: true, qos: 1 });
    await publisher.publish("expired", "z", { retain: true, qos: 1, properties: { messageExpiryInterval: 10 } });
    await broker.crash({ downtime: 30_000 });
    const client = await broker.connect();
    await client.subscribe({ filter: "#", qos: 2 });
    const kept = await client.find("publish", ({ topic }) => topic === "kept");
    expect(kept).toMatchObject({ qos: 2, retain: true, properties: { contentType: "t", userProperties } });
    const expiring = await client.find("publish", ({ topic }) => topic === "expiring");
    expect(expiring.properties?.messageExpiryInterval).toBe(70);
    await client.nothing();
    await broker.advance(71_000);
    expect((await retainedFor(broker, "#")).map(([topic]) => topic)).toEqual(["kept"]);
  });
});
