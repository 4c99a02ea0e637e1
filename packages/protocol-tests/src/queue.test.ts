/** The outgoing queue: what it keeps, and who has to give way when it is full (gmqtt's order). */

import type { HookWrapper } from "@gmqtt/broker";
import type { TestBroker, TestBrokerOptions, TestClient } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";
import { durableStores, type StoreCase, stores } from "./stores.ts";

const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 7_200 } } as const;

/** A broker that notes what is dropped, as `text: reason`. */
async function watched(kind: StoreCase, config: TestBrokerOptions["config"]) {
  const dropped: string[] = [];
  const hooks: HookWrapper = {
    onMsgDropped: (next) => (clientId, message, reason) => {
      dropped.push(`${Buffer.from(message.payload)}: ${reason}`);
      return next(clientId, message, reason);
    },
  };
  const broker = await kind.start({ plugins: () => [plugin(hooks)], ...(config === undefined ? {} : { config }) });
  return { broker, dropped, publisher: await broker.connect() };
}

/** Subscribes and leaves; whatever comes from then on is queued. */
async function away(broker: TestBroker, qos: 0 | 1 | 2 = 2): Promise<void> {
  const client = await broker.connect(session);
  await client.subscribe({ filter: "a", qos });
  await client.drop();
}

async function send(publisher: TestClient, text: string, qos: 0 | 1 | 2 = 1, messageExpiryInterval?: number) {
  const properties = messageExpiryInterval === undefined ? {} : { messageExpiryInterval };
  await publisher.publish("a", text, { qos, properties });
}

/** Comes back and takes everything. */
async function collect(broker: TestBroker): Promise<string[]> {
  const client = await broker.connect(session);
  await broker.idle();
  return client.received.flatMap((packet) => (packet.type === 3 ? [packet.text] : []));
}

describe.each(stores)("a full queue, with the $name store", (kind) => {
  it("drops the oldest when there is nothing better, and counts it", async () => {
    const { broker, dropped, publisher } = await watched(kind, { mqtt: { maxQueuedMessages: 3 } });
    await away(broker);
    for (let number = 0; number < 5; number++) await send(publisher, `m${number}`);
    expect(dropped).toEqual(["m0: queue_full", "m1: queue_full"]);
    const { statsManager } = broker.server;
    expect(statsManager.population.limitsHit.get("mqtt.max_queued_messages")).toBe(2);
    expect(statsManager.traffic.messagesDropped.queue_full).toEqual([0, 2, 0]);
    expect(statsManager.population.queued).toBe(3);
    expect(await collect(broker)).toEqual(["m2", "m3", "m4"]);
  });

  it("drops a QoS 0 message before the oldest", async () => {
    const { broker, dropped, publisher } = await watched(kind, { mqtt: { maxQueuedMessages: 4 } });
    await away(broker);
    for (const [text, qos] of [
      ["m0", 1],
      ["m1", 0],
      ["m2", 2],
      ["m3", 0],
      ["m4", 1],
      ["m5", 1],
      ["m6", 1],
    ] as const)
      await send(publisher, text, qos);
    expect(dropped).toEqual(["m1: queue_full", "m3: queue_full", "m0: queue_full"]);
    expect(await collect(broker)).toEqual(["m2", "m4", "m5", "m6"]);
  });

  it("drops an expired message before a QoS 0 one", async () => {
    const { broker, dropped, publisher } = await watched(kind, { mqtt: { maxQueuedMessages: 3 } });
    await away(broker);
    await send(publisher, "m0", 0);
    await send(publisher, "m1", 1, 5);
    await send(publisher, "m2", 1);
    await broker.advance(6_000);
    await send(publisher, "m3", 1);
    expect(dropped).toEqual(["m1: expired"]);
    expect(await collect(broker)).toEqual(["m0", "m2", "m3"]);
  });

  it("drops what has exceeded the broker's message_expiry, though the publisher set none", async () => {
    const { broker, dropped, publisher } = await watched(kind, {
      mqtt: { maxQueuedMessages: 2, messageExpiry: "10s" },
    });
    await away(broker);
    await send(publisher, "m0");
    await broker.advance(5_000);
    await send(publisher, "m1");
    await broker.advance(6_000);
    await send(publisher, "m2");
    expect(dropped).toEqual(["m0: expired"]);
    expect(await collect(broker)).toEqual(["m1", "m2"]);
  });

  it("drops the arriving message when nothing but inflight is there", async () => {
    const { broker, dropped, publisher } = await watched(kind, { mqtt: { maxQueuedMessages: 2 } });
    const client = await broker.connect({ ...session, autoAck: false });
    await client.subscribe({ filter: "a", qos: 1 });
    for (let number = 0; number < 2; number++) await send(publisher, `m${number}`);
    client.freeze();
    await client.drop();
    await send(publisher, "m2");
    expect(dropped).toEqual(["m2: queue_full"]);
    expect(await collect(broker)).toEqual(["m0", "m1"]);
  });

  it("drops an inflight message that is older than inflight_expiry before all others; its late answer means nothing", async () => {
    const config = { mqtt: { maxQueuedMessages: 3, maxInflight: 1, inflightExpiry: "30s" } };
    const { broker, dropped, publisher } = await watched(kind, config);
    const client = await broker.connect({ ...session, autoAck: false });
    await client.subscribe({ filter: "a", qos: 1 });
    await send(publisher, "m0");
    const { packetId } = await client.next("publish");
    await broker.advance(20_000);
    for (const text of ["m1", "m2"]) await send(publisher, text);
    await send(publisher, "m3"); // m0 is not old enough yet
    expect(dropped).toEqual(["m1: queue_full"]);
    await broker.advance(11_000);
    await send(publisher, "m4");
    expect(dropped).toEqual(["m1: queue_full", "m0: inflight_expired"]);
    client.send("puback", { packetId });
    await broker.idle();
    expect(broker.server.statsManager.traffic.messagesDropped.inflight_expired).toEqual([0, 1, 0]);
    for (const text of ["m2", "m3", "m4"]) {
      const message = await client.next("publish");
      expect(message).toMatchObject({ text });
      client.send("puback", { packetId: message.packetId });
    }
    await client.nothing();
  });

  it("never drops an inflight message with inflight_expiry 0", async () => {
    const config = { mqtt: { maxQueuedMessages: 2, maxInflight: 1, inflightExpiry: 0 } } as const;
    const { broker, dropped, publisher } = await watched(kind, config);
    const client = await broker.connect({ ...session, autoAck: false });
    await client.subscribe({ filter: "a", qos: 1 });
    await send(publisher, "m0");
    await broker.advance(3_600_000);
    for (const text of ["m1", "m2"]) await send(publisher, text);
    expect(dropped).toEqual(["m1: queue_full"]);
  });

  it("of bytes drops in the same order, and is counted under its own key", async () => {
    const { broker, dropped, publisher } = await watched(kind, { limits: { maxQueuedBytes: 350 } });
    await away(broker);
    const text = (number: number) => `m${number}`.padEnd(99, "."); // with its topic 100 bytes
    for (let number = 0; number < 4; number++) await send(publisher, text(number));
    expect(dropped).toEqual([`${text(0)}: queue_full`]);
    expect(broker.server.statsManager.population.limitsHit.get("limits.max_queued_bytes")).toBe(1);
    expect(await collect(broker)).toEqual([text(1), text(2), text(3)]);
  });

  it("of bytes drops one message that is larger than all of it, and no other for its sake", async () => {
    const { broker, dropped, publisher } = await watched(kind, { limits: { maxQueuedBytes: 350 } });
    await away(broker);
    await send(publisher, "small");
    const large = "x".repeat(400);
    await send(publisher, large);
    expect(dropped).toEqual([`${large}: queue_full`]);
    expect(await collect(broker)).toEqual(["small"]);
  });

  it("is one session's own: its neighbour's is empty", async () => {
    const { broker, publisher } = await watched(kind, { mqtt: { maxQueuedMessages: 2 } });
    await away(broker);
    const neighbour = await broker.connect();
    await neighbour.subscribe({ filter: "a", qos: 1 });
    for (let number = 0; number < 10; number++) await send(publisher, `m${number}`);
    for (let number = 0; number < 10; number++)
      expect(await neighbour.next("publish")).toMatchObject({ text: `m${number}` });
    expect(await collect(broker)).toEqual(["m8", "m9"]);
  });
});

describe.each(durableStores)("a full queue over a restart, with the $name store", (kind) => {
  it("still drops the oldest, not what arrives", async () => {
    const { broker, publisher } = await watched(kind, { mqtt: { maxQueuedMessages: 3 } });
    await away(broker);
    for (let number = 0; number < 3; number++) await send(publisher, `m${number}`);
    await broker.restart();
    const again = await broker.connect();
    for (let number = 3; number < 5; number++) {
      await send(again, `m${number}`);
      await broker.idle();
    }
    expect(await collect(broker)).toEqual(["m2", "m3", "m4"]);
  });

  it("longer than a page keeps its newest in order", async () => {
    const { broker, publisher } = await watched(kind, { mqtt: { maxQueuedMessages: 600 } });
    await away(broker);
    for (let number = 0; number < 700; number++) {
      publisher.send("publish", { topic: "a", qos: 1, packetId: number + 1, payload: Buffer.from(`m${number}`) });
      if (number % 50 === 49) await broker.idle();
    }
    await broker.idle();
    const expected = Array.from({ length: 600 }, (_, index) => `m${index + 100}`);
    expect(await collect(broker)).toEqual(expected);
  });
});

describe.each(stores)("queue_qos0_messages, with the $name store", (kind) => {
  it("true keeps QoS 0 messages for a session that is away, in order with the others", async () => {
    const { broker, publisher } = await watched(kind, {});
    await away(broker);
    for (const [text, qos] of [
      ["m0", 0],
      ["m1", 1],
      ["m2", 0],
    ] as const)
      await send(publisher, text, qos);
    expect(await collect(broker)).toEqual(["m0", "m1", "m2"]);
  });

  it("false keeps none, and what is owed comes all the same", async () => {
    const { broker, publisher } = await watched(kind, { mqtt: { queueQos0Messages: false } });
    await away(broker);
    for (const [text, qos] of [
      ["m0", 0],
      ["m1", 1],
      ["m2", 0],
    ] as const)
      await send(publisher, text, qos);
    expect(await collect(broker)).toEqual(["m1"]);
  });

  it("false counts for subscriptions of QoS 0, whatever was published", async () => {
    const { broker, publisher } = await watched(kind, { mqtt: { queueQos0Messages: false } });
    await away(broker, 0);
    await send(publisher, "m0", 2);
    expect(await collect(broker)).toEqual([]);
  });
});
