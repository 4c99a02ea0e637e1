/** What plugins may do with the running broker: publish, look at clients, subscribe for them, keep retained messages. */

import { createSlowPersistence } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

const session = { cleanStart: false, properties: { sessionExpiryInterval: 600 } } as const;

describe.each(stores)("publisher, with the $name store", ({ start }) => {
  it("routes and retains like a client, and tells how many sessions were reached", async () => {
    const broker = await start();
    const { publisher } = broker.server;
    expect(await publisher.publish({ topic: "a", payload: "nobody" })).toBe(0);
    const clients = [await broker.connect(), await broker.connect({ version: 4 })];
    for (const client of clients) await client.subscribe({ filter: "a", qos: 2 });
    const properties = { contentType: "t", userProperties: [["k", "v"]] as const };
    expect(await publisher.publish({ topic: "a", payload: "text", qos: 2, retain: true, properties })).toBe(2);
    expect(await clients[0]!.next("publish")).toMatchObject({ text: "text", qos: 2, retain: false, properties });
    expect(await clients[1]!.next("publish")).toMatchObject({ text: "text", qos: 2 });
    const late = await broker.connect();
    await late.subscribe("a");
    expect(await late.next("publish")).toMatchObject({ text: "text", retain: true });
    await publisher.publish({ topic: "a", retain: true });
    expect(broker.server.retainedService.count).toBe(0);
  });

  it.each(["", "a/+", "#", "a\0b"])("refuses %j, which is no topic name", async (topic) => {
    const broker = await start();
    await expect(broker.server.publisher.publish({ topic })).rejects.toMatchObject({ reasonCode: 0x90 });
  });

  it("keeps to the limits of topics and retained messages", async () => {
    const broker = await start({ config: { limits: { maxTopicLevels: 2, maxRetainedMessages: 1 } } });
    const { publisher } = broker.server;
    await expect(publisher.publish({ topic: "a/b/c" })).rejects.toMatchObject({ reasonCode: 0x90 });
    await publisher.publish({ topic: "a", payload: "x", retain: true });
    await expect(publisher.publish({ topic: "b", payload: "x", retain: true })).rejects.toMatchObject({
      reasonCode: 0x97,
    });
  });

  it("reaches sessions that are away", async () => {
    const broker = await start();
    const client = await broker.connect({ ...session, clientId: "s" });
    await client.subscribe({ filter: "a", qos: 1 });
    await client.drop();
    expect(await broker.server.publisher.publish({ topic: "a", payload: "text", qos: 1 })).toBe(1);
    expect(await (await broker.connect({ ...session, clientId: "s" })).next("publish")).toMatchObject({ text: "text" });
  });

  it("waits for the store", async () => {
    const store = createSlowPersistence();
    const broker = await start({ persistence: store });
    store.hold();
    let done = false;
    const published = broker.server.publisher.publish({ topic: "a", payload: "x", retain: true }).then(() => {
      done = true;
    });
    await broker.idle();
    expect(done).toBe(false);
    store.release();
    await published;
  });
});

describe.each(stores)("clientService, with the $name store", ({ start }) => {
  it("knows clients and sessions, connected or not", async () => {
    const broker = await start();
    const { clientService } = broker.server;
    const here = await broker.connect({ clientId: "here", username: "u", keepAlive: 60 });
    await here.subscribe(["a", "b"]);
    const away = await broker.connect({ ...session, clientId: "away", version: 4 });
    await away.subscribe({ filter: "a", qos: 1 });
    await away.drop();
    await here.publish("a", "waits", { qos: 1 });
    expect([...clientService.iterateClients()].map(({ options }) => options.clientId)).toEqual(["here"]);
    expect([...clientService.iterateSessions()].map(({ clientId }) => clientId).toSorted()).toEqual(["away", "here"]);
    expect([clientService.clientCount, clientService.sessionCount]).toEqual([1, 2]);
    expect(clientService.getClient("here")).toMatchObject({
      options: { clientId: "here", username: "u", keepAlive: 60 },
      protocolVersion: 5,
      connectedAt: broker.clock.now(),
    });
    expect(clientService.getClient("away")).toBeUndefined();
    expect(clientService.getClient("nobody")).toBeUndefined();
    expect(clientService.getSession("nobody")).toBeUndefined();
    expect(clientService.getSession("here")).toMatchObject({ connected: true, subscriptionsCurrent: 2 });
    expect(clientService.getSession("away")).toMatchObject({
      clientId: "away",
      protocolVersion: 4,
      connected: false,
      disconnectedAt: broker.clock.now(),
      queueLength: 1,
      inflightLength: 0,
      subscriptionsCurrent: 1,
      subscriptionsTotal: 1,
      hasWill: false,
    });
  });

  it("ends sessions: of the connected with DISCONNECT 0x98, of those away at once", async () => {
    const broker = await start();
    const { clientService } = broker.server;
    const here = await broker.connect({ ...session, clientId: "here", will: { topic: "will", payload: "gone" } });
    const away = await broker.connect({ ...session, clientId: "away" });
    await away.drop();
    const watcher = await broker.connect();
    await watcher.subscribe("will");
    expect(clientService.terminateSession("here")).toBe(true);
    expect(clientService.terminateSession("away")).toBe(true);
    expect(clientService.terminateSession("nobody")).toBe(false);
    await here.disconnected(0x98);
    expect(await watcher.next("publish")).toMatchObject({ text: "gone" });
    for (const clientId of ["here", "away"])
      expect((await broker.connect({ ...session, clientId })).connack?.sessionPresent).toBe(false);
  });

  it("closes and disconnects clients, whose sessions stay", async () => {
    const broker = await start();
    const { clientService } = broker.server;
    const closed = await broker.connect({ ...session, clientId: "closed" });
    clientService.getClient("closed")!.close();
    await closed.closed();
    const disconnected = await broker.connect({ ...session, clientId: "disconnected" });
    clientService.getClient("disconnected")!.disconnect({ reasonCode: 0x97, properties: { reasonString: "enough" } });
    expect(await disconnected.disconnected(0x97)).toMatchObject({ properties: { reasonString: "enough" } });
    expect(clientService.sessionCount).toBe(2);
  });
});

describe.each(stores)("subscriptionService, with the $name store", ({ start }) => {
  it("subscribes for a client, with retained messages, and says what was there before", async () => {
    const broker = await start();
    const { subscriptionService } = broker.server;
    await broker.server.publisher.publish({ topic: "kept/a", payload: "kept", retain: true });
    const client = await broker.connect({ clientId: "c" });
    await client.subscribe("old");
    const results = subscriptionService.subscribe(
      "c",
      { filter: "old", qos: 1 },
      { filter: "kept/#", qos: 2, subscriptionIdentifier: 5 },
      { filter: "$share/g/a", retainAsPublished: true },
    );
    expect(results.map(({ alreadyExisted, subscription }) => [subscription.filter, alreadyExisted])).toEqual([
      ["old", true],
      ["kept/#", false],
      ["$share/g/a", false],
    ]);
    expect(await client.next("publish")).toMatchObject({
      text: "kept",
      retain: true,
      properties: { subscriptionIdentifiers: [5] },
    });
    await client.publish("a", "shared");
    expect(await client.next("publish")).toMatchObject({ text: "shared" });
  });

  it("unsubscribes, one and all", async () => {
    const broker = await start();
    const { subscriptionService } = broker.server;
    const client = await broker.connect({ clientId: "c" });
    await client.subscribe(["a", "b", "c"]);
    expect(subscriptionService.unsubscribe("c", "a", "never")).toEqual([true, false]);
    expect(subscriptionService.unsubscribeAll("c")).toBe(2);
    for (const topic of ["a", "b", "c"]) await client.publish(topic, "text");
    await client.nothing();
  });

  it("refuses a filter that is none and a session that is none, with nothing done", async () => {
    const broker = await start();
    const { subscriptionService } = broker.server;
    await broker.connect({ clientId: "c" });
    expect(() => subscriptionService.subscribe("c", { filter: "good" }, { filter: "b#d" })).toThrow(/b#d/);
    expect([...subscriptionService.iterate()]).toEqual([]);
    expect(() => subscriptionService.subscribe("nobody", { filter: "a" })).toThrow(/nobody/);
    expect(() => subscriptionService.unsubscribe("nobody", "a")).toThrow(/nobody/);
  });

  it("survives with the session, away or not", async () => {
    const broker = await start();
    const client = await broker.connect({ ...session, clientId: "s" });
    await client.drop();
    broker.server.subscriptionService.subscribe("s", { filter: "a", qos: 1 });
    await broker.server.publisher.publish({ topic: "a", payload: "text", qos: 1 });
    expect(await (await broker.connect({ ...session, clientId: "s" })).next("publish")).toMatchObject({ text: "text" });
  });

  it("finds subscriptions by kind, client, name and matching topic", async () => {
    const broker = await start();
    const { subscriptionService } = broker.server;
    for (const clientId of ["one", "two"]) {
      const client = await broker.connect({ clientId });
      await client.subscribe(["a/b", "a/+", "$SYS/x", "$share/g/a/b"]);
    }
    const found = (query?: Parameters<typeof subscriptionService.iterate>[0]) =>
      [...subscriptionService.iterate(query)].map(({ clientId, subscription }) => `${clientId} ${subscription.filter}`);
    expect(found()).toHaveLength(8);
    expect(found({ types: ["system"] }).toSorted()).toEqual(["one $SYS/x", "two $SYS/x"]);
    expect(found({ types: ["shared"], clientId: "one" })).toEqual(["one $share/g/a/b"]);
    expect(found({ types: ["non-shared"], clientId: "two" }).toSorted()).toEqual(["two a/+", "two a/b"]);
    expect(found({ clientId: "nobody" })).toEqual([]);
    expect(found({ topic: "a/+" }).toSorted()).toEqual(["one a/+", "two a/+"]);
    expect(found({ topic: "a/b", match: "name", clientId: "one" })).toEqual(["one a/b"]);
    expect(found({ topic: "a/b", match: "filter", clientId: "one" }).toSorted()).toEqual([
      "one $share/g/a/b",
      "one a/+",
      "one a/b",
    ]);
    expect(found({ topic: "a/b", match: "filter", types: ["shared"] })).toHaveLength(2);
    expect(found({ topic: "nothing", match: "filter" })).toEqual([]);
  });
});

describe.each(stores)("retainedService, with the $name store", ({ start }) => {
  it("gets, sets, removes, counts and clears", async () => {
    const broker = await start();
    const { retainedService } = broker.server;
    retainedService.addOrReplace({ topic: "a", payload: "one" });
    retainedService.addOrReplace({ topic: "a", payload: "two", qos: 1, properties: { contentType: "t" } });
    retainedService.addOrReplace({ topic: "a/b", payload: "three" });
    retainedService.addOrReplace({ topic: "$x/b", payload: "four" });
    expect(Buffer.from(retainedService.get("a")!.payload).toString()).toBe("two");
    expect([retainedService.count, retainedService.bytes]).toEqual([3, 4 + 8 + 8]);
    expect(retainedService.getMatched("#").map(({ topic }) => topic)).toEqual(["a", "a/b"]);
    expect(retainedService.getMatched("$x/+").map(({ topic }) => topic)).toEqual(["$x/b"]);
    expect([...retainedService.iterate()]).toHaveLength(3);
    const client = await broker.connect();
    await client.subscribe({ filter: "a", qos: 2 });
    expect(await client.next("publish")).toMatchObject({
      text: "two",
      retain: true,
      qos: 1,
      properties: { contentType: "t" },
    });
    expect(retainedService.remove("a")).toBe(true);
    expect(retainedService.remove("a")).toBe(false);
    retainedService.addOrReplace({ topic: "a/b" }); // an empty payload removes
    expect(retainedService.count).toBe(1);
    retainedService.clearAll();
    expect([retainedService.count, retainedService.bytes]).toEqual([0, 0]);
  });

  it("reaches nobody who is subscribed already", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe("a");
    broker.server.retainedService.addOrReplace({ topic: "a", payload: "silent" });
    await client.nothing();
  });

  it("keeps to limits and names", async () => {
    const broker = await start({ config: { limits: { maxRetainedMessages: 1 } } });
    const { retainedService } = broker.server;
    retainedService.addOrReplace({ topic: "a", payload: "x" });
    expect(() => retainedService.addOrReplace({ topic: "b", payload: "x" })).toThrow(/max_retained_messages/);
    expect(broker.server.statsManager.population.limitsHit.get("limits.max_retained_messages")).toBe(1);
    expect(() => retainedService.addOrReplace({ topic: "b/+", payload: "x" })).toThrow(/topic name/);
    retainedService.addOrReplace({ topic: "a", payload: "y" });
  });
});
