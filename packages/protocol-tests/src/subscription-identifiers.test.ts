/** Subscription identifiers, and what becomes of overlapping subscriptions in both delivery modes (MQTT 5.0 section 3.3.4). */

import type { TestBroker, TestClient } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { durableStores, stores } from "./stores.ts";

async function subscribe(client: TestClient, filter: string, identifier: number, qos: 0 | 1 | 2 = 0): Promise<void> {
  const properties = identifier === 0 ? undefined : { subscriptionIdentifier: identifier };
  await client.subscribe({ filter, qos }, properties);
}

async function publish(broker: TestBroker, topic: string, qos: 0 | 1 | 2 = 0): Promise<void> {
  await (await broker.connect()).publish(topic, "text", { qos });
}

describe.each(stores)("subscription identifiers, with the $name store", ({ start }) => {
  it.each([1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_455])(
    "of %s are sent along [MQTT-3.3.4-3] [hard case 32]",
    async (identifier) => {
      const broker = await start();
      const client = await broker.connect();
      await subscribe(client, "a", identifier);
      await publish(broker, "a");
      expect((await client.next("publish")).properties?.subscriptionIdentifiers).toEqual([identifier]);
    },
  );

  it("are replaced by a repeated SUBSCRIBE, also by none [MQTT-3.8.4-3] [hard case 32]", async () => {
    const broker = await start();
    const client = await broker.connect();
    for (const [identifier, expected] of [
      [5, [5]],
      [6, [6]],
      [0, undefined],
      [7, [7]],
    ] as const) {
      await subscribe(client, "a/+", identifier);
      await publish(broker, "a/b");
      expect((await client.next("publish")).properties?.subscriptionIdentifiers).toEqual(expected);
    }
  });

  it("hold for all filters of one SUBSCRIBE", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe(["a", "b"], { subscriptionIdentifier: 9 });
    for (const topic of ["a", "b"]) {
      await publish(broker, topic);
      expect((await client.next("publish")).properties?.subscriptionIdentifiers).toEqual([9]);
    }
  });

  it("are each client's own: one message, different identifiers, none for 3.1.1 [hard case 32]", async () => {
    const broker = await start();
    const clients = [await broker.connect(), await broker.connect(), await broker.connect()];
    for (const [index, client] of clients.entries()) await subscribe(client, "a", index);
    const old = await broker.connect({ version: 4 });
    await old.subscribe("a");
    await publish(broker, "a");
    for (const [index, client] of clients.entries())
      expect((await client.next("publish")).properties?.subscriptionIdentifiers).toEqual(
        index === 0 ? undefined : [index],
      );
    expect(await old.next("publish")).toMatchObject({ text: "text" });
  });

  it("are not the publisher's business: nothing of the kind reaches other subscribers of a forwarded message", async () => {
    const broker = await start();
    const first = await broker.connect();
    const second = await broker.connect();
    await subscribe(first, "a", 3, 1);
    await subscribe(second, "a", 0, 1);
    await publish(broker, "a", 1);
    expect((await first.next("publish")).properties?.subscriptionIdentifiers).toEqual([3]);
    expect((await second.next("publish")).properties?.subscriptionIdentifiers).toBeUndefined();
  });

  it("are carried by the retained copy of that subscription alone [hard case 31]", async () => {
    const broker = await start();
    await (await broker.connect()).publish("a/b", "kept", { retain: true, qos: 1 });
    const client = await broker.connect();
    await subscribe(client, "a/b", 1, 1);
    expect((await client.next("publish")).properties?.subscriptionIdentifiers).toEqual([1]);
    await subscribe(client, "a/#", 2, 1);
    const again = await client.next("publish");
    expect(again).toMatchObject({ retain: true, properties: { subscriptionIdentifiers: [2] } });
  });

  it("are kept in the queue of a client that is away, as they were when the message came [hard case 32]", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const client = await broker.connect(options);
    await subscribe(client, "a/#", 1, 1);
    await subscribe(client, "a/b", 2, 1);
    await client.drop();
    await publish(broker, "a/b", 1);
    const back = await broker.connect(options);
    expect((await back.next("publish")).properties?.subscriptionIdentifiers?.toSorted()).toEqual([1, 2]);
  });
});

describe.each(durableStores)("subscription identifiers over a restart, with the $name store", ({ start }) => {
  it("stay with their subscriptions and with queued messages [hard case 32] [hard case 40]", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const client = await broker.connect(options);
    await subscribe(client, "a/#", 268_435_455, 1);
    await subscribe(client, "a/+", 2, 1);
    await client.drop();
    await publish(broker, "a/b", 1);
    await broker.restart();
    await publish(broker, "a/c", 1);
    const back = await broker.connect(options);
    for (const topic of ["a/b", "a/c"]) {
      const { properties, topic: got } = await back.next("publish");
      expect(got).toBe(topic);
      expect(properties?.subscriptionIdentifiers?.toSorted()).toEqual([2, 268_435_455]);
    }
  });
});

describe.each(stores)("overlapping subscriptions in delivery mode onlyonce, with the $name store", ({ start }) => {
  it("give one copy at the highest QoS with all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-4] [hard case 32]", async () => {
    const broker = await start();
    const client = await broker.connect();
    await subscribe(client, "#", 1, 0);
    await subscribe(client, "a/+", 2, 2);
    await subscribe(client, "a/b", 0, 1);
    await subscribe(client, "+/b", 3, 1);
    await publish(broker, "a/b", 2);
    const message = await client.next("publish");
    expect(message.qos).toBe(2);
    expect(message.properties?.subscriptionIdentifiers?.toSorted()).toEqual([1, 2, 3]);
    await client.nothing();
  });

  it("give one copy to 3.1.1 as well [MQTT-3.3.5-1]", async () => {
    const broker = await start();
    const client = await broker.connect({ version: 4 });
    await client.subscribe(["#", { filter: "a/+", qos: 2 }, { filter: "a/b", qos: 1 }]);
    await publish(broker, "a/b", 2);
    expect(await client.next("publish")).toMatchObject({ qos: 2 });
    await client.nothing();
  });
});

describe.each(stores)("overlapping subscriptions in delivery mode overlap, with the $name store", ({ start }) => {
  it("give one copy each, at its own QoS with its own identifier [MQTT-3.3.4-2] [MQTT-3.3.4-5] [hard case 32]", async () => {
    const broker = await start({ config: { mqtt: { deliveryMode: "overlap" } } });
    const client = await broker.connect();
    await subscribe(client, "#", 1, 0);
    await subscribe(client, "a/+", 2, 2);
    await subscribe(client, "a/b", 0, 1);
    await publish(broker, "a/b", 2);
    await broker.idle();
    const copies = client.received.flatMap((packet) =>
      packet.type === 3 ? [[packet.qos, packet.properties?.subscriptionIdentifiers]] : [],
    );
    expect(copies.toSorted()).toEqual([
      [0, [1]],
      [1, undefined],
      [2, [2]],
    ]);
  });

  it("keep each subscription's own no local and retain as published", async () => {
    const broker = await start({ config: { mqtt: { deliveryMode: "overlap" } } });
    const client = await broker.connect();
    await client.subscribe([
      { filter: "a/#", noLocal: true, retainAsPublished: true },
      { filter: "a/+", retainAsPublished: true },
      { filter: "a/b" },
    ]);
    await client.publish("a/b", "text", { retain: true });
    await broker.idle();
    const flags = client.received.flatMap((packet) => (packet.type === 3 ? [packet.retain] : []));
    expect(flags.toSorted()).toEqual([false, true]);
  });
});
