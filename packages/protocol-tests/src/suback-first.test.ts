/** While an answer waits for the store, nothing that belongs behind it takes its place. */

import { createSlowPersistence, VirtualClock } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { durableStores } from "./stores.ts";

const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 600 } } as const;

describe.each(durableStores)("what belongs behind an answer, with the $name store", ({ start }) => {
  it("retained messages of QoS 0 come behind SUBACK, however long it waits", async () => {
    const store = createSlowPersistence();
    const broker = await start({ persistence: store });
    const publisher = await broker.connect();
    await publisher.publish("a", "retained", { retain: true });
    const client = await broker.connect(session);
    await broker.idle();
    store.hold();
    const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    client.send("subscribe", { packetId: 1, subscriptions: [{ filter: "a", ...options }] });
    await client.nothing();
    store.release();
    await client.next("suback");
    expect(await client.next("publish")).toMatchObject({ text: "retained", retain: true });
  });

  it("messages of QoS 0 wait for CONNACK also when an earlier batch is stored before its own [MQTT-3.2.0-1]", async () => {
    const clock = new VirtualClock();
    const store = createSlowPersistence({ delay: 50, clock });
    const broker = await start({ persistence: store, clock });
    const publisher = broker.open();
    publisher.sendConnect();
    await broker.advance(500);
    await publisher.next("connack");
    const before = broker.open();
    before.sendConnect(session);
    const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    before.send("subscribe", { packetId: 1, subscriptions: [{ filter: "a", ...options }] });
    await broker.advance(500);
    await before.next("connack");
    await before.next("suback");
    publisher.send("publish", { topic: "b", payload: Buffer.from("x"), retain: true });
    await broker.advance(10);
    const client = broker.open();
    client.sendConnect(session);
    await broker.advance(45); // the retained message is stored, the session is not
    publisher.send("publish", { topic: "a", payload: Buffer.from("meanwhile") });
    await broker.advance(5);
    expect(client.unread).toEqual([]);
    await broker.advance(500);
    expect(await client.next("connack")).toMatchObject({ sessionPresent: true });
    expect(await client.next("publish")).toMatchObject({ text: "meanwhile" });
  });
});
