/** Acknowledgements wait for the store, and what was acknowledged is safe (architecture.md section 5). */

import { createSlowPersistence, VirtualClock } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { durableStores } from "./stores.ts";

/** Far enough for what was sent to be a commit of its own. */
async function turn(): Promise<void> {
  for (let turns = 0; turns < 2; turns++) await new Promise((resolve) => setImmediate(resolve));
}

const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 600 } } as const;

describe.each(durableStores)("acknowledgements, with the $name store", ({ start }) => {
  it.each([1, 2] as const)("of QoS %s leave only when the message is safe", async (qos) => {
    const store = createSlowPersistence();
    const broker = await start({ persistence: store });
    const watcher = await broker.connect(session);
    await watcher.subscribe({ filter: "a", qos: 2 });
    const publisher = await broker.connect();
    await broker.idle();
    store.hold();
    publisher.send("publish", { topic: "a", qos, packetId: 1, payload: Buffer.from("text") });
    await publisher.nothing();
    await watcher.nothing();
    store.release();
    await publisher.next(qos === 1 ? "puback" : "pubrec");
    expect(await watcher.next("publish")).toMatchObject({ text: "text" });
  });

  it("that wait count against what a 5.0 client may have open, of QoS 1 as of QoS 2 [MQTT-3.3.4-7]", async () => {
    const store = createSlowPersistence();
    const broker = await start({ persistence: store, config: { mqtt: { serverReceiveMaximum: 3 } } });
    const watcher = await broker.connect(session);
    await watcher.subscribe({ filter: "a", qos: 2 });
    const publisher = await broker.connect();
    await broker.idle();
    store.hold();
    for (const packetId of [1, 2]) publisher.send("publish", { topic: "a", qos: 1, packetId });
    publisher.send("publish", { topic: "a", qos: 2, packetId: 3 });
    await publisher.nothing();
    store.release();
    for (const type of ["puback", "puback", "pubrec"] as const) await publisher.next(type);
    await broker.idle();
    store.hold();
    // One more is open already: the QoS 2 message without its PUBREL.
    for (const packetId of [4, 5]) publisher.send("publish", { topic: "a", qos: 1, packetId });
    await publisher.nothing();
    publisher.send("publish", { topic: "a", qos: 1, packetId: 6 });
    store.release();
    for (const packetId of [4, 5]) expect(await publisher.next("puback")).toMatchObject({ packetId });
    expect(await publisher.next("disconnect")).toMatchObject({ reasonCode: 0x93 });
  });

  it("of PUBREL and PUBREC leave only when their state is safe", async () => {
    const store = createSlowPersistence();
    const broker = await start({ persistence: store });
    const watcher = await broker.connect({ ...session, autoAck: false });
    await watcher.subscribe({ filter: "a", qos: 2 });
    const publisher = await broker.connect({ ...session, clientId: "publisher" });
    publisher.send("publish", { topic: "a", qos: 2, packetId: 1 });
    await publisher.next("pubrec");
    const { packetId } = await watcher.next("publish");
    await broker.idle();
    store.hold();
    publisher.send("pubrel", { packetId: 1 });
    watcher.send("pubrec", { packetId });
    await publisher.nothing();
    await watcher.nothing();
    store.release();
    await publisher.next("pubcomp");
    await watcher.next("pubrel");
  });

  it("come after a commit that failed and was repeated", async () => {
    const store = createSlowPersistence();
    const broker = await start({ persistence: store });
    const watcher = await broker.connect(session);
    await watcher.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    await broker.idle();
    store.failNext(3);
    publisher.send("publish", { topic: "a", qos: 1, packetId: 1, payload: Buffer.from("text") });
    await broker.advance(60_000);
    await publisher.next("puback");
    expect(await watcher.next("publish")).toMatchObject({ text: "text" });
    await broker.crash();
    expect((await broker.connect(session)).connack?.sessionPresent).toBe(true);
  });

  it("come when a store that was away is back", async () => {
    const store = createSlowPersistence();
    const broker = await start({ persistence: store });
    const watcher = await broker.connect(session);
    await watcher.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    await broker.idle();
    store.setAvailable(false);
    await broker.idle();
    expect(broker.server.readiness).toMatchObject({ ready: false, reason: "store unavailable" });
    publisher.send("publish", { topic: "a", qos: 1, packetId: 1, payload: Buffer.from("text") });
    await publisher.nothing();
    store.setAvailable(true);
    await broker.advance(5_000);
    await publisher.next("puback");
    expect(await watcher.next("publish")).toMatchObject({ text: "text" });
    expect(broker.server.readiness).toMatchObject({ ready: true });
  });

  it.each(["lost", "stored"] as const)(
    "never given: the client sends again, and nothing is lost or doubled, when the pending commit is %s [MQTT-4.3.3-10]",
    async (pendingCommits) => {
      const store = createSlowPersistence();
      const broker = await start({ persistence: store });
      const watcher = await broker.connect({ ...session, clientId: "watcher" });
      await watcher.subscribe({ filter: "a", qos: 2 });
      const publisher = await broker.connect(session);
      await broker.idle();
      store.hold();
      const message = { topic: "a", qos: 2, packetId: 1, payload: Buffer.from("once") } as const;
      publisher.send("publish", message);
      await publisher.nothing();
      const crashed = broker.crash({ pendingCommits });
      store.release();
      await crashed;
      const again = await broker.connect({ ...session, clientId: "watcher" });
      const back = await broker.connect(session);
      back.send("publish", { ...message, dup: true });
      await back.next("pubrec");
      back.send("pubrel", { packetId: 1 });
      await back.next("pubcomp");
      expect(await again.next("publish")).toMatchObject({ text: "once" });
      await again.nothing();
    },
  );

  it("keep the order of changes when a commit failed and is repeated behind a later one", async () => {
    const store = createSlowPersistence();
    const broker = await start({ persistence: store });
    const publisher = await broker.connect();
    await broker.idle();
    store.failNext(1);
    publisher.send("publish", { topic: "a", retain: true, qos: 1, packetId: 1, payload: Buffer.from("old") });
    await turn();
    publisher.send("publish", { topic: "a", retain: true, qos: 1, packetId: 2, payload: Buffer.from("new") });
    await broker.advance(10_000);
    expect(await publisher.next("puback")).toMatchObject({ packetId: 1 });
    expect(await publisher.next("puback")).toMatchObject({ packetId: 2 });
    await broker.crash();
    const client = await broker.connect();
    await client.subscribe("a");
    expect(await client.find("publish")).toMatchObject({ text: "new" });
  });

  it("do not keep a broker from stopping: it waits for the store no longer than shutdown_timeout", async () => {
    const store = createSlowPersistence();
    const broker = await start({ persistence: store, config: { shutdownTimeout: "5s" } });
    const publisher = await broker.connect(session);
    await broker.idle();
    store.setAvailable(false);
    publisher.send("publish", { topic: "a", qos: 2, packetId: 1 });
    await broker.idle();
    let stopped = false;
    const stopping = broker.server.stop().finally(() => {
      stopped = true;
    });
    await broker.advance(11_000);
    const inTime = stopped;
    store.setAvailable(true);
    await broker.clock.drive(stopping);
    expect(inTime).toBe(true);
  });

  it("survive a crash behind every single message", async () => {
    const broker = await start();
    // What it acknowledged before the crash would be done with, and not come again.
    const first = await broker.connect({ ...session, autoAck: false });
    await first.subscribe({ filter: "a", qos: 1 });
    const expected = [];
    for (let number = 0; number < 10; number++) {
      const publisher = await broker.connect();
      await publisher.publish("a", String(number), { qos: 1 });
      expected.push(String(number));
      await broker.crash();
    }
    const back = await broker.connect(session);
    const came = [];
    for (let number = 0; number < 10; number++) came.push((await back.next("publish")).text);
    expect(came).toEqual(expected);
    await back.nothing();
  });
});

describe("publisher.publish", () => {
  it("resolves when its own message is safe, however much comes behind it", async () => {
    const clock = new VirtualClock();
    const store = createSlowPersistence({ delay: 1_000, clock });
    const broker = await durableStores[0]?.start({ persistence: store, clock });
    if (broker === undefined) throw new Error("no durable store");
    const safe: string[] = [];
    const publish = (topic: string): void => {
      const published = broker.server.publisher.publish({ topic, payload: "kept", retain: true });
      void published.then(() => safe.push(topic));
    };
    publish("first");
    await broker.advance(600);
    publish("second");
    await broker.advance(600);
    expect(safe).toEqual(["first"]);
    await broker.advance(1_000);
    expect(safe).toEqual(["first", "second"]);
  });
});
