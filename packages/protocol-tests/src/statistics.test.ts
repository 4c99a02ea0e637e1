/** What statsManager counts, for the broker and for each client. */

import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

const session = { cleanStart: false, properties: { sessionExpiryInterval: 60 } } as const;

describe.each(stores)("statistics, with the $name store", ({ start }) => {
  it("count packets and bytes by type, both ways, for all and for each", async () => {
    const broker = await start();
    const { statsManager } = broker.server;
    const client = await broker.connect({ clientId: "c" });
    await client.subscribe({ filter: "a", qos: 1 });
    await client.publish("a", "12345", { qos: 1 });
    await client.next("publish");
    await client.ping();
    const stats = statsManager.client("c")!;
    for (const { received, sent } of [statsManager.traffic, stats]) {
      expect([1, 3, 4, 8, 12].map((type) => received.packets[type])).toEqual([1, 1, 1, 1, 1]);
      expect([2, 3, 4, 9, 13].map((type) => sent.packets[type])).toEqual([1, 1, 1, 1, 1]);
      expect(received.bytes[3]).toBe(2 + 2 + 1 + 2 + 1 + 5); // header, topic, identifier, no properties, payload
      expect(sent.bytes[3]).toBe(13);
      expect(received.bytes[12]).toBe(2);
      expect(sent.bytes[13]).toBe(2);
    }
    expect(statsManager.client("nobody")).toBeUndefined();
  });

  it("count messages by their QoS", async () => {
    const broker = await start();
    const client = await broker.connect({ clientId: "c" });
    await client.subscribe({ filter: "a", qos: 2 });
    for (const [qos, times] of [
      [0, 3],
      [1, 2],
      [2, 1],
    ] as const)
      for (let count = 0; count < times; count++) await client.publish("a", "", { qos });
    await broker.idle();
    for (const stats of [broker.server.statsManager.traffic, broker.server.statsManager.client("c")!]) {
      expect(stats.messagesReceived).toEqual([3, 2, 1]);
      expect(stats.messagesSent).toEqual([3, 2, 1]);
    }
  });

  it("count what waits and what is under way, now", async () => {
    const broker = await start();
    const { population } = broker.server.statsManager;
    const client = await broker.connect({ ...session, clientId: "c", autoAck: false });
    await client.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    for (let count = 0; count < 3; count++) await publisher.publish("a", "", { qos: 1 });
    expect([population.inflight, population.queued]).toEqual([3, 0]);
    await client.drop();
    await publisher.publish("a", "", { qos: 1 });
    expect([population.inflight, population.queued]).toEqual([3, 1]);
    await broker.advance(61_000);
    expect([population.inflight, population.queued]).toEqual([0, 0]);
  });

  it("count sessions and clients over their whole life", async () => {
    const broker = await start();
    const { population } = broker.server.statsManager;
    const now = () => ({
      connected: population.connected,
      disconnected: population.disconnected,
      active: population.active,
      inactive: population.inactive,
      created: population.sessionsCreated,
      ...population.sessionsTerminated,
    });
    const none = {
      connected: 0,
      disconnected: 0,
      active: 0,
      inactive: 0,
      created: 0,
      normal: 0,
      taken_over: 0,
      expired: 0,
    };
    expect(now()).toEqual(none);
    const first = await broker.connect({ ...session, clientId: "c" });
    expect(now()).toEqual({ ...none, connected: 1, active: 1, created: 1 });
    await first.drop();
    expect(now()).toEqual({ ...none, connected: 1, disconnected: 1, inactive: 1, created: 1 });
    await (await broker.connect({ ...session, clientId: "c" })).drop();
    expect(now()).toEqual({ ...none, connected: 2, disconnected: 2, inactive: 1, created: 1 });
    await broker.connect({ clientId: "c" });
    expect(now()).toEqual({ ...none, connected: 3, disconnected: 2, active: 1, created: 2, taken_over: 1 });
    broker.server.clientService.terminateSession("c");
    await broker.idle();
    expect(now()).toEqual({ ...none, connected: 3, disconnected: 3, created: 2, taken_over: 1, normal: 1 });
    await (await broker.connect({ ...session, clientId: "c" })).drop();
    await broker.advance(61_000);
    expect(now()).toMatchObject({ active: 0, inactive: 0, created: 3, taken_over: 1, normal: 1, expired: 1 });
  });

  it("count subscriptions now and ever", async () => {
    const broker = await start();
    const { population } = broker.server.statsManager;
    const client = await broker.connect();
    await client.subscribe(["a", "b", "$share/g/c"]);
    await client.subscribe("a");
    await client.unsubscribe("b");
    expect([population.subscriptionsCurrent, population.subscriptionsTotal]).toEqual([2, 3]);
    await client.disconnect();
    expect([population.subscriptionsCurrent, population.subscriptionsTotal]).toEqual([0, 3]);
  });

  it("come back right after every reconnect, takeover and end, at random", async () => {
    const broker = await start();
    const { population } = broker.server.statsManager;
    let state = 42;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    const publisher = await broker.connect();
    for (let step = 0; step < 60; step++) {
      const expiry = random(2) * 60;
      const clientId = `c${random(5)}`;
      const properties = { sessionExpiryInterval: expiry, receiveMaximum: 2 };
      const client = await broker.connect({
        clientId,
        cleanStart: random(3) === 0,
        properties,
        autoAck: random(2) === 0,
      });
      await client.subscribe({ filter: `a/${random(3)}`, qos: 1 });
      for (let count = random(5); count > 0; count--) await publisher.publish(`a/${random(3)}`, "x", { qos: 1 });
      const end = random(3);
      if (end === 0) await client.drop();
      else if (end === 1) await client.disconnect();
      if (random(10) === 0) await broker.advance(61_000);
    }
    const { clientService } = broker.server;
    const sessions = [...clientService.iterateSessions()];
    const sum = (key: "queueLength" | "inflightLength" | "subscriptionsCurrent") =>
      sessions.reduce((total, info) => total + info[key], 0);
    expect(population.active).toBe(clientService.clientCount);
    expect(population.active + population.inactive).toBe(clientService.sessionCount);
    expect(population.connected - population.disconnected).toBe(population.active);
    expect(population.queued).toBe(sum("queueLength"));
    expect(population.inflight).toBe(sum("inflightLength"));
    expect(population.subscriptionsCurrent).toBe(sum("subscriptionsCurrent"));
    const { normal, taken_over, expired } = population.sessionsTerminated;
    expect(population.sessionsCreated - normal - taken_over - expired).toBe(clientService.sessionCount);
    for (const { clientId } of sessions) clientService.terminateSession(clientId);
    await broker.idle();
    expect(population).toMatchObject({ active: 0, inactive: 0, queued: 0, inflight: 0, subscriptionsCurrent: 0 });
  });

  it("show how long each plugin takes, to one who asks, and unsent bytes", async () => {
    const broker = await start({
      plugins: () => [
        { name: "timed", load: () => {}, unload: () => {}, hookWrapper: () => ({ onBasicAuth: (next) => next }) },
      ],
    });
    const seen: unknown[] = [];
    broker.server.statsManager.observeHooks((plugin, hook, milliseconds) => seen.push([plugin, hook, milliseconds]));
    await broker.connect();
    expect(seen).toEqual([["timed", "onBasicAuth", 0]]);
    broker.server.statsManager.observeHooks(undefined);
    await broker.connect();
    expect(seen).toHaveLength(1);
    expect(broker.server.statsManager.unsentBytes).toBe(0);
  });
});
