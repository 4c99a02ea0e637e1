/** What the hooks around messages see and may change: onMsgArrived, onDelivered, onMsgDropped, onWillPublish. */

import type { HookWrapper, MsgArrivedRequest, WillPublishRequest } from "@gmqtt/broker";
import { Message } from "@gmqtt/broker";
import type { TestBroker, TestClient } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";
import { stores } from "./stores.ts";

type Change = (
  request: Pick<MsgArrivedRequest & WillPublishRequest, "message" | "iterationOptions" | "drop">,
) => unknown;

/** Changes made by both hooks alike. */
function changing(change: Change): HookWrapper {
  return {
    onMsgArrived: (next) => async (client, request) => {
      await change(request);
      return await next(client, request);
    },
    onWillPublish: (next) => async (clientId, request) => {
      await change(request);
      await next(clientId, request);
    },
  };
}

/** Sends "text" on topic "a", retained, with QoS 2: as a publish, or as a will. */
const WAYS: Readonly<Record<string, (broker: TestBroker) => Promise<unknown>>> = {
  onMsgArrived: async (broker) => (await broker.connect()).publish("a", "text", { qos: 2, retain: true }),
  onWillPublish: async (broker) =>
    (await broker.connect({ will: { topic: "a", payload: "text", qos: 2, retain: true } })).drop(),
};

describe.each(stores)("a message before it is routed, with the $name store", ({ start }) => {
  async function begin(change: Change): Promise<{ broker: TestBroker; watcher: TestClient }> {
    const broker = await start({ plugins: () => [plugin(changing(change))] });
    const watcher = await broker.connect();
    await watcher.subscribe({ filter: "#", qos: 2, retainAsPublished: true });
    return { broker, watcher };
  }

  it.each(Object.keys(WAYS))(
    "%s may change all of it: subscribers and the retained store see the change",
    async (way) => {
      const { broker, watcher } = await begin(({ message }) => {
        message.topic = "b";
        message.payload = Buffer.from("changed");
        message.qos = 1;
        message.properties = { contentType: "new", userProperties: [["k", "v"]] };
      });
      await WAYS[way]!(broker);
      const expected = {
        topic: "b",
        text: "changed",
        qos: 1,
        properties: { contentType: "new", userProperties: [["k", "v"]] },
      };
      expect(await watcher.next("publish")).toMatchObject({ ...expected, retain: true });
      await watcher.nothing();
      const late = await broker.connect({ version: 4 });
      await late.subscribe({ filter: "#", qos: 2 });
      expect(await late.next("publish")).toMatchObject({ topic: "b", text: "changed", qos: 1, retain: true });
      await late.nothing();
    },
  );

  it.each(Object.keys(WAYS))("%s may replace it", async (way) => {
    const { broker, watcher } = await begin((request) => {
      request.message = Message.create({ topic: "other", payload: "new" }, "", broker.clock.now());
    });
    await WAYS[way]!(broker);
    expect(await watcher.next("publish")).toMatchObject({ topic: "other", text: "new", qos: 0, retain: false });
    await watcher.nothing();
    expect(broker.server.retainedService.count).toBe(0);
  });

  it.each(Object.keys(WAYS))("%s may set and clear its retain flag", async (way) => {
    const { broker, watcher } = await begin(({ message }) => {
      message.retain = false;
    });
    await WAYS[way]!(broker);
    expect(await watcher.next("publish")).toMatchObject({ text: "text", retain: false });
    expect(broker.server.retainedService.count).toBe(0);
  });

  it.each(Object.keys(WAYS))(
    "%s may drop it: it goes nowhere, and a publisher is acknowledged as ever",
    async (way) => {
      const { broker, watcher } = await begin((request) => request.drop());
      const answer = await WAYS[way]!(broker);
      if (way === "onMsgArrived") expect(answer).toMatchObject({ type: 7, reasonCode: 0 });
      await watcher.nothing();
      expect(broker.server.retainedService.count).toBe(0);
    },
  );

  it.each(
    Object.keys(WAYS).flatMap((way) =>
      (["system", "shared", "nonShared"] as const).map((kind) => [way, kind] as const),
    ),
  )("%s may narrow who gets it: not the %s subscriptions", async (way, kind) => {
    const { broker } = await begin(({ iterationOptions, message }) => {
      iterationOptions[kind] = false;
      message.topic = "$own/a";
    });
    const filters = { system: "$own/a", shared: "$share/g/$own/a", nonShared: "$own/#" };
    // What begins with $ counts as system; a plain topic is needed for the third kind.
    const clients = new Map<string, TestClient>();
    for (const [name, filter] of Object.entries(filters)) {
      if (name === "nonShared") continue;
      const client = await broker.connect();
      await client.subscribe(filter);
      clients.set(name, client);
    }
    await WAYS[way]!(broker);
    await broker.idle();
    for (const [name, client] of clients) expect(client.unread.length, name).toBe(name === kind ? 0 : 1);
  });

  it.each(Object.keys(WAYS))("%s may keep it from the plain subscriptions", async (way) => {
    const { broker, watcher } = await begin(({ iterationOptions }) => {
      iterationOptions.nonShared = false;
    });
    const shared = await broker.connect();
    await shared.subscribe("$share/g/a");
    await WAYS[way]!(broker);
    expect(await shared.next("publish")).toMatchObject({ text: "text" });
    await watcher.nothing();
  });
});

describe.each(stores)("onMsgArrived, with the $name store", ({ start }) => {
  it("sees who publishes and the packet; null and none for a message of the broker itself", async () => {
    const seen: unknown[] = [];
    const hooks: HookWrapper = {
      onMsgArrived: (next) => (client, request) => {
        seen.push([client?.options.clientId, request.packet?.topic, request.message.topic, request.message.publisher]);
        return next(client, request);
      },
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const client = await broker.connect({ clientId: "c" });
    await client.publish("one", "", { qos: 1, properties: { topicAlias: 1 } });
    await client.publish("", "", { qos: 1, properties: { topicAlias: 1 } });
    await broker.server.publisher.publish({ topic: "two" });
    expect(seen).toEqual([
      ["c", "one", "one", "c"],
      ["c", "", "one", "c"],
      [undefined, undefined, "two", ""],
    ]);
  });

  it("keeps the order of a client's packets while it waits, and holds nobody else up", async () => {
    const waiting: (() => void)[] = [];
    const hooks: HookWrapper = {
      onMsgArrived: (next) => async (client, request) => {
        if (request.message.topic === "slow") await new Promise<void>((resolve) => waiting.push(resolve));
        return await next(client, request);
      },
    };
    const broker = await start({ plugins: () => [plugin(hooks)], patience: 1 });
    const watcher = await broker.connect();
    await watcher.subscribe("#");
    const client = await broker.connect();
    for (const topic of ["slow", "quick", "slow", "quick"])
      client.send("publish", { topic, payload: Buffer.from("own") });
    client.send("pingreq");
    await client.nothing();
    await (await broker.connect()).publish("neighbour", "text");
    expect(await watcher.next("publish")).toMatchObject({ topic: "neighbour" });
    await watcher.nothing();
    for (let count = 0; count < 2; count++) {
      waiting.shift()!();
      expect(await watcher.next("publish")).toMatchObject({ topic: "slow", text: "own" });
      expect(await watcher.next("publish")).toMatchObject({ topic: "quick", text: "own" });
    }
    await client.next("pingresp");
  });

  it("keeps a message whole while it waits, whatever comes behind it", async () => {
    const hooks: HookWrapper = {
      onMsgArrived: (next) => async (client, request) => {
        await new Promise((resolve) => setImmediate(resolve));
        return await next(client, request);
      },
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const watcher = await broker.connect();
    await watcher.subscribe("#");
    const client = await broker.connect();
    const properties = { correlationData: Buffer.from("correlation"), userProperties: [["k", "v"]] } as const;
    const bytes = Buffer.from("first");
    client.send("publish", { topic: "a", payload: bytes, properties });
    for (let count = 0; count < 20; count++)
      client.send("publish", { topic: "b", payload: Buffer.alloc(1_000, count) });
    const first = await watcher.next("publish");
    expect(first).toMatchObject({ text: "first" });
    expect(Buffer.from(first.properties!.correlationData!).toString()).toBe("correlation");
    for (let count = 0; count < 20; count++)
      expect(Buffer.from((await watcher.next("publish")).payload)).toEqual(Buffer.alloc(1_000, count));
  });

  it("may answer when the client is gone: the message goes out, nothing breaks", async () => {
    let answer = () => {};
    const hooks: HookWrapper = {
      onMsgArrived: (next) => async (client, request) => {
        await new Promise<void>((resolve) => (answer = resolve));
        return await next(client, request);
      },
    };
    const broker = await start({ plugins: () => [plugin(hooks)], patience: 1 });
    const watcher = await broker.connect();
    await watcher.subscribe("a");
    const client = await broker.connect();
    client.send("publish", { topic: "a", qos: 1, packetId: 1, payload: Buffer.from("text") });
    await client.nothing();
    await client.drop();
    answer();
    expect(await watcher.next("publish")).toMatchObject({ text: "text" });
  });
});

describe.each(stores)("onDelivered and onMsgDropped, with the $name store", ({ start }) => {
  it("hear each message with its receiver, and each one that did not arrive with the reason", async () => {
    const delivered: unknown[] = [];
    const dropped: unknown[] = [];
    const hooks: HookWrapper = {
      onDelivered: () => (client, message) => void delivered.push([client.options.clientId, message.topic]),
      onMsgDropped: () => (clientId, message, reason) => void dropped.push([clientId, message.topic, reason]),
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const large = await broker.connect({ clientId: "large" });
    const small = await broker.connect({ clientId: "small", properties: { maximumPacketSize: 100 } });
    for (const client of [large, small]) await client.subscribe({ filter: "+", qos: 1 });
    const publisher = await broker.connect();
    await publisher.publish("short", "x", { qos: 1 });
    await publisher.publish("long", "x".repeat(200), { qos: 1 });
    await publisher.publish("long0", "x".repeat(200));
    await broker.idle();
    expect(delivered.toSorted()).toEqual([
      ["large", "long"],
      ["large", "long0"],
      ["large", "short"],
      ["small", "short"],
    ]);
    expect(dropped).toEqual([
      ["small", "long", "packet_too_large"],
      ["small", "long0", "packet_too_large"],
    ]);
    expect(broker.server.statsManager.traffic.messagesDropped.packet_too_large).toEqual([1, 1, 0]);
  });
});

describe.each(stores)("onWillPublished, with the $name store", ({ start }) => {
  it("hears what went out in the end, and nothing of wills that did not", async () => {
    const published: unknown[] = [];
    const hooks: HookWrapper = {
      onWillPublish: (next) => (clientId, request) => {
        if (clientId === "dropped") request.drop();
        request.message.topic = "changed";
        return next(clientId, request);
      },
      onWillPublished: () => (clientId, message) => void published.push([clientId, message.topic]),
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    for (const clientId of ["dropped", "sent"]) await (await broker.connect({ clientId, will: { topic: "w" } })).drop();
    await (await broker.connect({ clientId: "normal", will: { topic: "w" } })).disconnect();
    expect(published).toEqual([["sent", "changed"]]);
  });
});
