/** How long messages take through the broker, as `statsManager.observeDeliveries` hears it. */

import { createSlowPersistence, createTestBroker, type TestBroker, VirtualClock } from "@gmqtt/testing";
import { describe, expect, it, onTestFinished } from "vitest";

/** A broker whose deliveries are timed, one of so many. */
async function timed(oneOf: number, options: Parameters<typeof createTestBroker>[0] = {}) {
  const broker: TestBroker = await createTestBroker({ ...options, config: { sys: { interval: 0 } } });
  onTestFinished(() => broker.stop());
  const times: number[] = [];
  broker.server.statsManager.observeDeliveries(oneOf, (milliseconds) => times.push(milliseconds));
  return { broker, times };
}

/** Deciding takes this long; the clock of a broker starts before its plugins do. */
function slowHook(clock: VirtualClock, delay: number) {
  const wait = () => new Promise<void>((resolve) => clock.setTimer(delay, resolve));
  return {
    name: "slow",
    load: () => {},
    unload: () => {},
    hookWrapper: () => ({ onMsgArrived: () => wait }),
  };
}

describe("the time from publisher to receiver", () => {
  it("is heard for one of so many messages, once per receiver", async () => {
    const { broker, times } = await timed(3);
    const publisher = await broker.connect();
    for (const clientId of ["a", "b"]) await (await broker.connect({ clientId })).subscribe("t");
    for (let count = 0; count < 7; count++) await publisher.publish("t", "x", { qos: count % 2 === 0 ? 0 : 1 });
    await broker.idle();
    expect(times).toEqual([0, 0, 0, 0, 0, 0]);
  });

  it("begins when the bytes arrive, so that hooks count", async () => {
    const clock = new VirtualClock();
    const { broker, times } = await timed(1, { clock, patience: 20, plugins: [slowHook(clock, 40)] });
    const subscriber = await broker.connect();
    await subscriber.subscribe("t");
    subscriber.send("publish", { topic: "t", payload: Buffer.from("x") });
    await broker.advance(40);
    await subscriber.next("publish");
    expect(times).toEqual([40]);
  });

  it("ends when the bytes leave: not before the store has committed what they imply", async () => {
    const store = createSlowPersistence();
    const { broker, times } = await timed(1, { persistence: store });
    const subscriber = await broker.connect({ properties: { sessionExpiryInterval: 60 } });
    await subscriber.subscribe([{ filter: "t", qos: 1 }]);
    store.hold();
    subscriber.send("publish", { topic: "t", payload: Buffer.from("x"), qos: 1, packetId: 1 });
    await broker.advance(25);
    subscriber.send("pingreq");
    await subscriber.next("pingresp");
    expect(times).toEqual([]);
    store.release();
    await broker.idle();
    expect(times).toEqual([25]);
    await subscriber.takeAll();
  });

  it("leaves out messages that waited for their receiver, and retained ones", async () => {
    const { broker, times } = await timed(1);
    const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const before = await broker.connect(session);
    await before.subscribe([{ filter: "t", qos: 1 }]);
    await before.drop();
    const publisher = await broker.connect();
    await publisher.publish("t", "waits", { qos: 1 });
    await publisher.publish("t/retained", "stays", { retain: true });
    await broker.advance(1_000);
    const after = await broker.connect(session);
    await after.next("publish");
    await after.subscribe("t/#");
    await after.next("publish");
    expect(times).toEqual([]);
  });

  it("is measured no longer when nobody listens, and not for less than one message", async () => {
    const { broker, times } = await timed(1);
    const subscriber = await broker.connect();
    await subscriber.subscribe("t");
    broker.server.statsManager.observeDeliveries(1, undefined);
    await subscriber.publish("t", "x");
    await subscriber.next("publish");
    expect(times).toEqual([]);
    expect(() => broker.server.statsManager.observeDeliveries(0, undefined)).toThrow("one of 0 messages");
  });
});
