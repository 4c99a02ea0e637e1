import { setTimeout as delay } from "node:timers/promises";
import { type BrokerMemory, type SessionMemory, type StoreChange, silentLogger } from "@gmqtt/broker";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { RedisPersistence } from "./redis-persistence.ts";
import { TestStore } from "./testing/open-store.ts";
import { RedisServer } from "./testing/redis-server.ts";
import { collect, delivery, message, putDelivery, putSession, session, subscription } from "./testing/samples.ts";

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.dispose());

async function makeStore(section: Record<string, unknown> = {}): Promise<TestStore> {
  const store = await TestStore.create(server.port, section);
  onTestFinished(() => store.dispose());
  return store;
}

async function open(store: TestStore, memory?: BrokerMemory): Promise<RedisPersistence> {
  const connection = store.connect();
  await connection.open(memory);
  onTestFinished(() => connection.close());
  return connection;
}

const remembered = (fields: Partial<SessionMemory> = {}): SessionMemory => ({
  session: session("online"),
  subscriptions: [subscription("a/#")],
  incomingPacketIds: [7],
  deliveries: [delivery(3, { state: "released", packetId: 4 }), delivery(4)],
  readUpTo: 4,
  onlyStored: 0,
  lastSequence: 9,
  ...fields,
});

const memoryOf = (...sessions: readonly SessionMemory[]): BrokerMemory => ({
  sessions: () => sessions,
  retained: () => [message({ topic: "kept", retain: true })],
});

describe("the lease", () => {
  it("keeps a second broker out while the first one lives", async () => {
    // It is renewed after a third of the time; the rest is for a machine that has other things to do.
    const store = await makeStore({ lease_timeout: "3s" });
    const first = await open(store);
    await expect(store.connect().open()).rejects.toThrow(/another broker uses these keys: host .*, process \d+/);
    await first.commit([putSession("one")]);
    expect(store.fenced).toBe(0);
  });

  it("passes at once to the next one when the first is closed, or known to be dead", async () => {
    const store = await makeStore({ lease_timeout: "1h" });
    const first = await open(store);
    await first.close();
    const second = await open(store);
    second.abandon();
    await open(store);
  });

  it("runs out by itself when nobody can say whether its owner lives", async () => {
    const store = await makeStore({ lease_timeout: "200ms" });
    await store.admin.hset(`${store.prefix}{broker}`, {
      layout: 1,
      token: 41,
      owner: '{"host":"elsewhere","pid":1,"id":"x"}',
      expires: Date.now() + 300,
    });
    await open(store);
    expect(await store.admin.hget(`${store.prefix}{broker}`, "token")).toBe("42");
  });

  it("fences off a broker that lost it without noticing: nothing it sends is stored", async () => {
    const store = await makeStore();
    const first = await open(store);
    await store.admin.hset(`${store.prefix}{broker}`, "owner", "");
    const second = await open(store);
    const late = first.commit([putSession("late")]);
    await expect.poll(() => store.fenced).toBe(1);
    await second.commit([putSession("rightful")]);
    expect((await collect(second.sessions())).map(({ session: { clientId } }) => clientId)).toEqual(["rightful"]);
    expect(await Promise.race([late.then(() => "stored"), delay(50, "pending")])).toBe("pending");
  });

  it("does not touch keys of a layout it does not know", async () => {
    const store = await makeStore();
    await store.admin.hset(`${store.prefix}{broker}`, "layout", 2);
    await expect(store.connect().open()).rejects.toThrow("the keys have layout version 2");
  });
});

describe("commits", () => {
  it("are stored once each and in order over a connection that is cut again and again", async () => {
    const store = await makeStore();
    const connection = await open(store);
    await connection.commit([putSession("one")]);
    const commits: Promise<void>[] = [];
    for (let sequence = 1; sequence <= 500; sequence++) {
      commits.push(connection.commit([putDelivery("one", sequence)]));
      if (sequence % 50 === 0) store.proxy.cut();
      if (sequence % 10 === 0) await delay(1);
    }
    await Promise.all(commits);
    const stored = await connection.deliveries("one", 0, 1000);
    expect(stored.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  });

  it("of many turns go together while Redis is busy", async () => {
    const store = await makeStore({ max_outstanding_commits: 1 });
    const connection = await open(store);
    await connection.commit([putSession("one")]);
    const calls = async (): Promise<number> =>
      Number(/cmdstat_eval:calls=(\d+)/.exec(await store.admin.info("commandstats"))?.[1]);
    const before = await calls();
    await Promise.all(Array.from({ length: 100 }, (_, index) => connection.commit([putDelivery("one", index + 1)])));
    expect((await calls()) - before).toBeLessThan(10);
  });

  it("wait out a Redis that is stopped and goes on", async () => {
    const own = await RedisServer.start();
    onTestFinished(() => own.dispose());
    const store = await TestStore.create(own.port, { command_timeout: "200ms", connect_timeout: "200ms" });
    onTestFinished(() => store.dispose());
    const heard: boolean[] = [];
    const connection = await open(store);
    connection.onAvailability((available) => heard.push(available));
    own.signal("SIGSTOP");
    const commits = Promise.all([connection.commit([putSession("one")]), connection.commit([putDelivery("one", 1)])]);
    await expect.poll(() => heard, { timeout: 20_000 }).toEqual([false]);
    own.signal("SIGCONT");
    await commits;
    // More may follow where a busy machine lets a command take 200 ms.
    expect(heard.slice(0, 2)).toEqual([false, true]);
    expect((await collect(connection.sessions()))[0]?.deliveries).toBe(1);
  });
});

describe("a Redis that refuses", () => {
  it("what it is told, for want of memory, is unavailable until it takes it", async () => {
    const own = await RedisServer.start();
    onTestFinished(() => own.dispose());
    const warnings: string[] = [];
    const logger = { ...silentLogger, warn: (_: object, text: string) => void warnings.push(text) };
    const store = await TestStore.create(own.port, { unavailable_after: "1200ms" }, logger);
    onTestFinished(() => store.dispose());
    const connection = await open(store);
    warnings.length = 0; // of its settings
    const heard: boolean[] = [];
    connection.onAvailability((available) => heard.push(available));
    await store.admin.config("SET", "maxmemory", "1");
    let stored = false;
    const commit = connection.commit([putSession("one")]).then(() => {
      stored = true;
    });
    await expect.poll(() => heard, { timeout: 5000 }).toEqual([false]);
    await delay(1200);
    expect([stored, heard]).toEqual([false, [false]]);
    await store.admin.config("SET", "maxmemory", "0");
    await commit;
    expect(heard).toEqual([false, true]);
    expect(warnings).toEqual(["redis refused a commit, trying again"]); // once, not with every attempt
  });

  it("nothing but is cut off in the middle of a page: who reads waits for the next connection", async () => {
    const warnings: string[] = [];
    const logger = { ...silentLogger, error: (_: object, text: string) => void warnings.push(text) };
    const store = await TestStore.create(server.port, {}, logger);
    onTestFinished(() => store.dispose());
    const connection = await open(store);
    await connection.commit([putSession("one"), ...[1, 2, 3].map((sequence) => putDelivery("one", sequence))]);
    for (let attempt = 0; attempt < 20; attempt++) {
      const pages = [1, 2, 3].map(() => connection.deliveries("one", 0, 10));
      store.proxy.cut();
      for (const page of await Promise.all(pages)) expect(page).toHaveLength(3);
    }
    expect(warnings).toEqual([]);
  });
});

describe("a Redis that goes while a start reads", () => {
  it("is named, with what happened", async () => {
    const store = await makeStore();
    const connection = await open(store);
    const reading = collect(connection.sessions());
    store.proxy.cut();
    const address = `127.0.0.1:${store.proxy.port}`;
    await expect(reading).rejects.toThrow(`redis at ${address} can't be used: the connection was lost`);
  });
});

describe("a Redis that came back with less", () => {
  it("empty gets what the broker has in memory, and then what was pending", async () => {
    const store = await makeStore();
    const connection = await open(store, memoryOf(remembered()));
    await connection.commit([putSession("online"), putSession("offline")]);
    await store.setAvailable(false);
    const pending = connection.commit([putSession("new")]);
    await store.admin.unlink(await store.admin.keys(`${store.prefix}*`));
    await store.setAvailable(true);
    await pending;
    await connection.close();
    const next = await open(store);
    const restored = new Map((await collect(next.sessions())).map((one) => [one.session.clientId, one]));
    expect([...restored.keys()].sort()).toEqual(["new", "online"]);
    expect(restored.get("online")).toEqual({
      session: session("online"),
      subscriptions: [subscription("a/#")],
      incomingPacketIds: [7],
      deliveries: 2,
      lastSequence: 9,
    });
    const [first, second] = await next.deliveries("online", 0, 10);
    expect([first?.state, first?.packetId, second?.state]).toEqual(["released", 4, "queued"]);
    expect((await collect(next.retained())).map(({ topic }) => topic)).toEqual(["kept"]);
  });

  it("may have two records of one delivery: the later one counts, and the page is as long as was asked for", async () => {
    const store = await makeStore();
    const connection = await open(store);
    await connection.commit([putSession("one"), ...[1, 2, 3, 4].map((sequence) => putDelivery("one", sequence))]);
    const queue = `${store.prefix}queue:{one}`;
    for (const sequence of [1, 2]) {
      const [record] = await store.admin.zrangebyscoreBuffer(queue, sequence, sequence);
      const published = Buffer.from(record as Buffer);
      published.writeUInt8(published.readUInt8(1) | (1 << 5), 1);
      await store.admin.zadd(queue, sequence, published);
    }
    for (const limit of [1, 2, 3, 4, 10]) {
      const page = await connection.deliveries("one", 0, limit);
      const expected = ["1 published", "2 published", "3 queued", "4 queued"].slice(0, limit);
      expect(page.map(({ sequence, state }) => `${sequence} ${state}`)).toEqual(expected);
    }
  });

  it("than was acknowledged is found out by the number of the last commit, and set right", async () => {
    const store = await makeStore();
    const sessions = [remembered({ readUpTo: 4, onlyStored: 1 })];
    const connection = await open(store, memoryOf(...sessions));
    const changes: StoreChange[] = [putSession("online"), putSession("ended"), putDelivery("online", 1)];
    await connection.commit([...changes, putDelivery("online", 5)]);
    await connection.commit([{ type: "session-delete", clientId: "ended" }]);
    await store.setAvailable(false);
    // As if the last commit had been forgotten.
    await store.admin.hset(`${store.prefix}{broker}`, "commit", 1);
    await store.admin.hset(`${store.prefix}session:{ended}`, "session", '{"v":1}');
    await store.setAvailable(true);
    await connection.commit([putSession("later")]);
    await expect.poll(() => store.admin.exists(`${store.prefix}session:{ended}`)).toBe(0);
    // What only Redis had stays; what is in memory is as memory has it.
    const deliveries = await connection.deliveries("online", 0, 10);
    expect(deliveries.map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
  });
});
