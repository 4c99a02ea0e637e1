/** While CONNACK waits for the store, nothing takes its place. */

import { createSlowPersistence, type SlowPersistence, type TestBroker } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { durableStores, type StoreCase } from "./stores.ts";

const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 600 } } as const;

async function startSlow({ start }: StoreCase): Promise<{ broker: TestBroker; store: SlowPersistence }> {
  const store = createSlowPersistence();
  return { broker: await start({ persistence: store }), store };
}

describe.each(durableStores)("CONNACK is first, with the $name store", (kind) => {
  it("before messages of QoS 0 that have waited for the session [MQTT-3.2.0-1]", async () => {
    const { broker } = await startSlow(kind);
    const before = await broker.connect(session);
    await before.subscribe("a");
    await before.drop();
    const publisher = await broker.connect();
    for (const text of ["one", "two"]) await publisher.publish("a", text);
    await broker.idle();
    const client = broker.open();
    client.sendConnect(session);
    expect(await client.next("connack")).toMatchObject({ sessionPresent: true });
    for (const text of ["one", "two"]) expect(await client.next("publish")).toMatchObject({ text });
  });

  it("before messages of QoS 0 that arrive meanwhile [MQTT-3.2.0-1]", async () => {
    const { broker, store } = await startSlow(kind);
    const before = await broker.connect(session);
    await before.subscribe("a");
    await before.drop();
    const publisher = await broker.connect();
    store.hold();
    const client = broker.open();
    client.sendConnect(session);
    await client.nothing();
    await publisher.publish("a", "meanwhile");
    await client.nothing();
    store.release();
    expect(await client.next("connack")).toMatchObject({ sessionPresent: true });
    expect(await client.next("publish")).toMatchObject({ text: "meanwhile" });
  });

  it("before the answers to packets that came right behind CONNECT [MQTT-3.2.0-1]", async () => {
    const { broker, store } = await startSlow(kind);
    store.hold();
    const client = broker.open();
    client.sendConnect(session);
    client.send("pingreq");
    await client.nothing();
    store.release();
    expect(await client.next("connack")).toMatchObject({ reasonCode: 0 });
    await client.next("pingresp");
  });
});
