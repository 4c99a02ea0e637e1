/** No Local, Retain As Published and Retain Handling (MQTT 5.0 section 3.8.3.1). */

import { describe, expect, it } from "vitest";
import { frame, string, uint16 } from "./bytes.ts";
import { stores } from "./stores.ts";

describe.each(stores)("no local, with the $name store", ({ start }) => {
  it.each([0, 1, 2] as const)(
    "keeps a client's own messages of QoS %s from it, and nobody else's [MQTT-3.8.3-3]",
    async (qos) => {
      const broker = await start();
      const client = await broker.connect();
      await client.subscribe({ filter: "a", qos, noLocal: true });
      const other = await broker.connect();
      await other.subscribe({ filter: "a", qos, noLocal: true });
      await client.publish("a", "mine", { qos });
      expect(await other.next("publish")).toMatchObject({ text: "mine" });
      await other.publish("a", "theirs", { qos });
      expect(await client.next("publish")).toMatchObject({ text: "theirs" });
      await client.nothing();
      await other.nothing();
    },
  );

  it("0 sends a client its own messages", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe("a");
    await client.publish("a", "mine");
    expect(await client.next("publish")).toMatchObject({ text: "mine" });
  });

  it("counts per subscription: an overlapping one without it delivers, at its own QoS", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe({ filter: "a/#", qos: 2, noLocal: true }, { subscriptionIdentifier: 1 });
    await client.subscribe({ filter: "a/b", qos: 1 }, { subscriptionIdentifier: 2 });
    await client.publish("a/b", "mine", { qos: 2 });
    expect(await client.next("publish")).toMatchObject({ qos: 1, properties: { subscriptionIdentifiers: [2] } });
    await client.nothing();
  });

  it("goes by the client identifier, over a reconnect [MQTT-3.8.3-3]", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const first = await broker.connect(options);
    await first.subscribe({ filter: "a", qos: 1, noLocal: true });
    await first.drop();
    const second = await broker.connect(options);
    await second.publish("a", "mine", { qos: 1 });
    await second.nothing();
  });

  it("does not concern retained messages of one's own at subscribe time", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.publish("a", "kept", { retain: true, qos: 1 });
    await client.subscribe({ filter: "a", noLocal: true });
    expect(await client.next("publish")).toMatchObject({ text: "kept", retain: true });
  });

  it("is lifted and set by a repeated SUBSCRIBE [MQTT-3.8.4-3]", async () => {
    const broker = await start();
    const client = await broker.connect();
    for (const noLocal of [true, false, true]) {
      await client.subscribe({ filter: "a", noLocal });
      await client.publish("a", "mine");
      if (!noLocal) expect(await client.next("publish")).toMatchObject({ text: "mine" });
      await client.nothing();
    }
  });

  it("on a shared subscription is a protocol error [MQTT-3.8.3-4] [hard case 33]", async () => {
    const broker = await start();
    const client = await broker.connect();
    client.sendBytes(frame(0x82, uint16(1), 0, string("$share/g/a"), 0x04));
    await client.disconnected(0x82);
  });
});

describe.each(stores)("retain as published, with the $name store", ({ start }) => {
  it("0: live messages have RETAIN 0; 1: what the publisher set [MQTT-3.3.1-12] [MQTT-3.3.1-13] [hard case 30]", async () => {
    const broker = await start();
    const without = await broker.connect();
    await without.subscribe("a");
    const withIt = await broker.connect();
    await withIt.subscribe({ filter: "a", retainAsPublished: true });
    const old = await broker.connect({ version: 4 });
    await old.subscribe("a");
    const publisher = await broker.connect();
    for (const retain of [true, false]) {
      await publisher.publish("a", "text", { retain });
      expect(await without.next("publish")).toMatchObject({ retain: false });
      expect(await withIt.next("publish")).toMatchObject({ retain });
      expect(await old.next("publish")).toMatchObject({ retain: false });
    }
  });

  it("is kept in the queue of a client that is away [MQTT-3.3.1-13]", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const client = await broker.connect(options);
    await client.subscribe({ filter: "a", qos: 1, retainAsPublished: true });
    await client.drop();
    const publisher = await broker.connect();
    await publisher.publish("a", "one", { retain: true, qos: 1 });
    await publisher.publish("a", "two", { qos: 1 });
    const back = await broker.connect(options);
    expect(await back.next("publish")).toMatchObject({ text: "one", retain: true });
    expect(await back.next("publish")).toMatchObject({ text: "two", retain: false });
  });

  it("does not matter for retained messages at subscribe time: RETAIN is 1", async () => {
    const broker = await start();
    await (await broker.connect()).publish("a", "kept", { retain: true, qos: 1 });
    for (const retainAsPublished of [false, true]) {
      const client = await broker.connect();
      await client.subscribe({ filter: "a", retainAsPublished });
      expect(await client.next("publish")).toMatchObject({ retain: true });
    }
  });
});

describe.each(stores)("retain handling, with the $name store", ({ start }) => {
  it.each([
    [0, true, true],
    [1, true, false],
    [2, false, false],
  ] as const)(
    "%s: a new subscription gets retained messages %s, a repeated one %s [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11] [MQTT-3.8.4-4] [hard case 31]",
    async (retainHandling, first, repeated) => {
      const broker = await start();
      await (await broker.connect()).publish("a/b", "kept", { retain: true, qos: 1 });
      const client = await broker.connect();
      for (const expected of [first, repeated]) {
        await client.subscribe({ filter: "a/#", retainHandling });
        if (expected) expect(await client.next("publish")).toMatchObject({ text: "kept", retain: true });
        await client.nothing();
      }
    },
  );

  it("1 counts a filter as new after it was unsubscribed, and another filter as new [MQTT-3.3.1-10] [hard case 31]", async () => {
    const broker = await start();
    await (await broker.connect()).publish("a", "kept", { retain: true, qos: 1 });
    const client = await broker.connect();
    for (const filter of ["a", "+", "#"]) {
      await client.subscribe({ filter, retainHandling: 1 });
      expect(await client.next("publish")).toMatchObject({ text: "kept" });
    }
    await client.unsubscribe("a");
    await client.subscribe({ filter: "a", retainHandling: 1 });
    expect(await client.next("publish")).toMatchObject({ text: "kept" });
  });

  it("1 knows the subscriptions of a resumed session [MQTT-3.3.1-10] [hard case 31]", async () => {
    const broker = await start();
    await (await broker.connect()).publish("a", "kept", { retain: true, qos: 1 });
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const first = await broker.connect(options);
    await first.subscribe({ filter: "a", retainHandling: 2 });
    await first.drop();
    const second = await broker.connect(options);
    await second.subscribe({ filter: "a", retainHandling: 1 });
    await second.nothing();
    await second.subscribe({ filter: "a", retainHandling: 0 });
    expect(await second.next("publish")).toMatchObject({ text: "kept" });
  });
});
