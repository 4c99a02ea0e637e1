/** Clients that do not read, stores that do not commit: whom they slow down, and what they may cost. */

import type { HookWrapper, TransportHandler } from "@gmqtt/broker";
import { createMemoryPair } from "@gmqtt/broker";
import { encode } from "@gmqtt/packets";
import { createSlowPersistence, type TestBroker, type TestClient } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";
import { durableStores, stores } from "./stores.ts";

function count(client: TestClient): number {
  return client.received.filter(({ type }) => type === 3).length;
}

/** Publishes so many messages of 1 KiB, a few per turn. */
async function flood(broker: TestBroker, publisher: TestClient, messages: number, qos: 0 | 1): Promise<void> {
  const payload = Buffer.alloc(1_024, "x");
  for (let number = 1; number <= messages; number++) {
    publisher.send("publish", { topic: "flood", qos, packetId: qos === 0 ? 0 : number, payload });
    if (number % 50 === 0) await broker.idle();
  }
}

describe.each(stores)("a subscriber that stops reading, with the $name store", ({ start }) => {
  const soft = 128 * 1_024;

  async function begin(qos: 0 | 1) {
    const broker = await start({ config: { limits: { maxUnsentBytes: soft }, mqtt: { maxQueuedMessages: 200 } } });
    const neighbours: TestClient[] = [];
    for (let number = 0; number < 5; number++) neighbours.push(await broker.connect());
    const frozen = await broker.connect({ clientId: "frozen", properties: { sessionExpiryInterval: 60 } });
    for (const client of [...neighbours, frozen]) await client.subscribe({ filter: "flood", qos });
    frozen.freeze();
    return { broker, neighbours, frozen, publisher: await broker.connect() };
  }

  it("at QoS 0 costs no more than its bound and slows nobody; what it misses is counted", async () => {
    const { broker, neighbours, frozen, publisher } = await begin(0);
    const { statsManager } = broker.server;
    await flood(broker, publisher, 2_000, 0);
    for (const neighbour of neighbours) expect(count(neighbour)).toBe(2_000);
    expect(statsManager.unsentBytes).toBeLessThan(soft + 2_048);
    const missed = statsManager.traffic.messagesDropped.slow_consumer[0] as number;
    expect(missed).toBeGreaterThan(1_000);
    expect(statsManager.client("frozen")?.messagesDropped.slow_consumer[0]).toBe(missed);
    expect([...statsManager.population.limitsHit]).toEqual([["limits.max_unsent_bytes", missed]]);
    frozen.thaw();
    await broker.idle();
    expect(count(frozen) + missed).toBe(2_000);
    await publisher.publish("flood", "after", { qos: 0 });
    await broker.idle();
    expect(frozen.received.at(-1)).toMatchObject({ text: "after" });
  });

  it("at QoS 1 has its messages in a bounded queue, and slows nobody", async () => {
    const { broker, neighbours, frozen, publisher } = await begin(1);
    const { statsManager } = broker.server;
    await flood(broker, publisher, 2_000, 1);
    for (const neighbour of neighbours) expect(count(neighbour)).toBe(2_000);
    expect(publisher.received.filter(({ type }) => type === 4)).toHaveLength(2_000);
    expect(statsManager.unsentBytes).toBeLessThan(soft + 2_048);
    expect(statsManager.population.queued + statsManager.population.inflight).toBeLessThanOrEqual(200);
    const missed = statsManager.traffic.messagesDropped.queue_full[1] as number;
    frozen.thaw();
    await broker.idle();
    expect(count(frozen) + missed).toBe(2_000);
    expect(frozen.received.at(-1)).toMatchObject({ type: 3 });
    expect(statsManager.population).toMatchObject({ queued: 0, inflight: 0 });
  });

  it("is closed beyond the hard limit; its session and its neighbours go on", async () => {
    const broker = await start({ config: { limits: { maxUnsentBytes: 300_000, maxUnsentBytesHard: 300_000 } } });
    const neighbour = await broker.connect();
    const frozen = await broker.connect({ clientId: "frozen", properties: { sessionExpiryInterval: 60 } });
    for (const client of [neighbour, frozen]) await client.subscribe("large");
    frozen.freeze();
    const publisher = await broker.connect();
    for (let number = 0; number < 10; number++) {
      await publisher.publish("large", Buffer.alloc(100_000, number));
      await broker.idle();
    }
    expect(count(neighbour)).toBe(10);
    expect(broker.server.statsManager.population.limitsHit.get("limits.max_unsent_bytes_hard")).toBe(1);
    expect(broker.server.statsManager.unsentBytes).toBe(0);
    expect(broker.server.clientService.getSession("frozen")).toMatchObject({ connected: false });
  });

  it("is another thing than one that reads a message larger than the hard limit", async () => {
    const broker = await start({ config: { limits: { maxUnsentBytes: 100_000, maxUnsentBytesHard: 300_000 } } });
    const readers = [await broker.connect(), await broker.connect({ version: 4 })];
    for (const client of readers) await client.subscribe({ filter: "large", qos: 1 });
    const publisher = await broker.connect();
    for (const qos of [0, 1] as const) {
      await publisher.publish("large", Buffer.alloc(1_000_000), { qos });
      for (const client of readers) expect((await client.next("publish")).payload).toHaveLength(1_000_000);
    }
    expect(broker.server.statsManager.population.limitsHit.size).toBe(0);
  });

  it("is closed, too, when it is only answers that it does not read", async () => {
    const broker = await start({ config: { limits: { maxUnsentBytes: 100_000, maxUnsentBytesHard: 300_000 } } });
    const neighbour = await broker.connect();
    const frozen = await broker.connect({ clientId: "frozen" });
    frozen.freeze();
    for (let round = 0; round < 10; round++) {
      frozen.sendBytes(Buffer.alloc(100_000, "c000", "hex"));
      await broker.idle();
    }
    expect(broker.server.clientService.getClient("frozen")).toBeUndefined();
    expect(broker.server.statsManager.population.limitsHit.get("limits.max_unsent_bytes_hard")).toBe(1);
    await neighbour.ping();
  });

  it("holds up neither a takeover nor the stop of the broker", async () => {
    const broker = await start({ config: { shutdownTimeout: "3s" } });
    const frozen = await broker.connect({ clientId: "same" });
    await frozen.subscribe("flood");
    frozen.freeze();
    await flood(broker, await broker.connect(), 200, 0);
    const young = await broker.connect({ clientId: "same" });
    await young.subscribe("flood");
    young.freeze();
    await flood(broker, await broker.connect(), 200, 0);
    const before = broker.clock.monotonic();
    await broker.stop();
    expect(broker.clock.monotonic() - before).toBeLessThan(4_000);
  });
});

describe.each(durableStores)("a store that does not commit, with the $name store", ({ start }) => {
  it.each([0, 1, 2] as const)(
    "pauses who publishes with QoS %s; the pending changes stay bounded, nothing is lost",
    async (qos) => {
      const store = createSlowPersistence();
      const broker = await start({
        persistence: store,
        config: { limits: { maxPendingCommits: 20 }, mqtt: { serverReceiveMaximum: 65_535 } },
      });
      const away = await broker.connect({
        clientId: "s",
        cleanStart: false,
        properties: { sessionExpiryInterval: 60 },
      });
      await away.subscribe({ filter: "flood", qos: 2 });
      await away.drop();
      const publisher = await broker.connect();
      const neighbour = await broker.connect();
      await broker.idle();
      store.hold();
      for (let number = 1; number <= 500; number++) {
        publisher.send("publish", {
          topic: "flood",
          qos,
          packetId: qos === 0 ? 0 : number,
          payload: Buffer.from(`m${number}`),
        });
        if (number % 10 === 0) await broker.idle();
      }
      expect(broker.server.statsManager.pendingCommits).toBeLessThanOrEqual(25);
      expect(broker.server.statsManager.population.limitsHit.get("limits.max_pending_commits")).toBe(1);
      await neighbour.ping();
      await neighbour.publish("other", "QoS 0 goes on");
      store.release();
      await broker.idle();
      if (qos > 0) expect(publisher.received.filter(({ type }) => type === (qos === 1 ? 4 : 5))).toHaveLength(500);
      const back = await broker.connect({
        clientId: "s",
        cleanStart: false,
        properties: { sessionExpiryInterval: 60 },
      });
      await broker.idle();
      const texts = back.received.flatMap((packet) => (packet.type === 3 ? [packet.text] : []));
      expect(texts).toEqual(Array.from({ length: 500 }, (_, index) => `m${index + 1}`));
    },
  );
});

describe.each(stores)("a client whose packet waits for a hook, with the $name store", ({ start }) => {
  it("is read ahead of only up to a bound", async () => {
    const answers: (() => void)[] = [];
    const hooks: HookWrapper = {
      onMsgArrived: (next) => async (client, request) => {
        await new Promise<void>((resolve) => answers.push(resolve));
        return await next(client, request);
      },
    };
    const broker = await start({ plugins: () => [plugin(hooks)], patience: 1 });
    const watcher = await broker.connect();
    await watcher.subscribe("a");
    const [serverSide, clientSide] = createMemoryPair();
    const handler: TransportHandler = { onData: () => {}, onDrain: () => {}, onEnd: () => {}, onClose: () => {} };
    clientSide.start(handler);
    broker.server.acceptTransport(serverSide);
    const properties = {};
    clientSide.write([
      encode({ type: 1, protocolVersion: 5, cleanStart: true, keepAlive: 0, clientId: "c", properties }, 5),
    ]);
    await broker.idle();
    const publish = { type: 3, dup: false, qos: 0, retain: false, topic: "a", packetId: 0 } as const;
    let taken = 0;
    while (taken < 100 && clientSide.write([encode({ ...publish, payload: Buffer.alloc(10_000, taken) }, 5)])) {
      taken++;
      await broker.idle();
    }
    // What the broker reads ahead and what the pair holds: 64 KiB each, not a megabyte.
    expect(taken).toBeGreaterThan(5);
    expect(taken).toBeLessThan(20);
    await (await broker.connect()).ping();
    for (let number = 0; number <= taken; number++) {
      answers.shift()!();
      expect((await watcher.next("publish")).payload[0]).toBe(number);
    }
  });
});
