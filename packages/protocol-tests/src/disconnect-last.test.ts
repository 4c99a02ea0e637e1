/** While output waits for the store, a DISCONNECT stays behind it: nothing follows a DISCONNECT. */

import { createSlowPersistence, type SlowPersistence, type TestBroker } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { durableStores, type StoreCase } from "./stores.ts";

const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 600 } } as const;

async function startSlow({ start }: StoreCase): Promise<{ broker: TestBroker; store: SlowPersistence }> {
  const store = createSlowPersistence();
  return { broker: await start({ persistence: store }), store };
}

describe.each(durableStores)("DISCONNECT is last, with the $name store", (kind) => {
  it("behind acknowledgements that wait for the store [MQTT-3.14.4-1]", async () => {
    const { broker, store } = await startSlow(kind);
    const watcher = await broker.connect(session);
    await watcher.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    await broker.idle();
    store.hold();
    publisher.send("publish", { topic: "a", qos: 1, packetId: 9 });
    publisher.sendBytes("d0 00");
    await broker.idle();
    store.release();
    expect(await publisher.next("puback")).toMatchObject({ packetId: 9 });
    await publisher.disconnected(0x82);
  });

  it("behind a CONNACK that waits for the store [MQTT-3.14.0-1]", async () => {
    const { broker, store } = await startSlow(kind);
    store.hold();
    const old = broker.open();
    old.sendConnect(session);
    await old.nothing();
    const young = broker.open();
    young.sendConnect(session);
    await young.nothing();
    store.release();
    if (old.connack !== undefined) await old.next("connack");
    await broker.idle();
    if (old.unread.length > 0) await old.next("connack");
    await old.disconnected(0x8e);
    expect(await young.next("connack")).toMatchObject({ reasonCode: 0 });
  });
});
