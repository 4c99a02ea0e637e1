import { scrypt } from "node:crypto";
import { MqttError, type Plugin } from "@gmqtt/broker";
import { describe, expect, it, onTestFinished } from "vitest";
import { createSlowPersistence } from "../store/slow-persistence.ts";
import type { TestBrokerOptions } from "./options.ts";
import { createTestBroker, type TestBroker } from "./test-broker.ts";

async function start(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = await createTestBroker(options);
  onTestFinished(() => broker.stop());
  return broker;
}

function plugin(wrapper: ReturnType<Plugin["hookWrapper"]>, name = "under-test"): Plugin {
  return { name, load: () => {}, unload: () => {}, hookWrapper: () => wrapper };
}

const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 600 } } as const;

describe("a test broker", () => {
  it("lets clients of all versions exchange messages", async () => {
    const broker = await start();
    const publisher = await broker.connect();
    for (const version of [3, 4, 5] as const) {
      const subscriber = await broker.connect({ version });
      await subscriber.subscribe({ filter: "a", qos: 2 });
      await publisher.publish("a", `for ${version}`, { qos: 2 });
      expect(await subscriber.next("publish")).toMatchObject({ text: `for ${version}`, qos: 2 });
      await subscriber.nothing();
      await subscriber.disconnect();
    }
  });

  it("tells a refusal from a connection", async () => {
    const refusing = plugin({
      onBasicAuth: () => () => {
        throw new MqttError(0x86, { reasonString: "who are you" });
      },
    });
    const broker = await start({ plugins: [refusing] });
    await expect(broker.connect()).rejects.toThrow(
      'expected to be connected, but came connack 0x86 (bad user name or password) session present false "who are you"',
    );
    expect(await broker.refused()).toMatchObject({ reasonCode: 0x86 });
    const open = await start();
    await expect(open.refused()).rejects.toThrow("expected a refusal, but was connected");
  });

  it("lets time pass only when it is told to, for the broker too", async () => {
    const broker = await start({ config: { mqtt: { connectTimeout: "5s" } } });
    const before = broker.server.clock.now();
    const silent = broker.open();
    await silent.nothing();
    await broker.advance(5_200);
    await silent.closed();
    expect(broker.server.clock.now() - before).toBe(5_200);
  });

  it("keeps a client alive that says nothing of keep alive, and no other", async () => {
    const broker = await start({ config: { mqtt: { maxKeepalive: 60 } } });
    const carefree = await broker.connect();
    const careless = await broker.connect({ keepAlive: 60 });
    await broker.advance(3_600_000);
    await carefree.nothing();
    await careless.disconnected(0x8d);
  });

  it("waits in idle for hooks that do real work", async () => {
    const hashing = plugin({
      onBasicAuth: (next) => async (client, request) => {
        await new Promise((resolve) => scrypt("secret", "salt", 32, { N: 2 ** 14 }, resolve));
        return next(client, request);
      },
    });
    const broker = await start({ plugins: [hashing], patience: 20_000 });
    const client = await broker.connect();
    expect(client.connack?.reasonCode).toBe(0);
  });

  it("waits no longer than its patience for hooks that wait for something else", async () => {
    const hanging = plugin({ onBasicAuth: () => () => new Promise(() => {}) });
    const broker = await start({ plugins: [hanging], patience: 10, config: { hookTimeout: "2s" } });
    const client = broker.open();
    client.sendConnect();
    await client.nothing();
    await broker.advance(2_200);
    expect((await client.next("connack")).reasonCode).toBeGreaterThanOrEqual(0x80);
    await client.closed();
  });

  it("keeps what was logged", async () => {
    const lines: string[] = [];
    const note = (_: object, message: string) => lines.push(message);
    const logger = { debug: note, info: note, warn: note, error: note };
    const broker = await start({ logger });
    expect(broker.log.map(({ message }) => message)).toContain("broker started");
    expect(lines).toContain("broker started");
  });

  it("is the same in every run, random numbers included", async () => {
    const assigned = [];
    for (let run = 0; run < 2; run++) {
      const broker = await start();
      assigned.push((await broker.connect({ clientId: "" })).clientId);
    }
    expect(assigned[0]).toBe(assigned[1]);
    const other = await start({ random: () => 0.5 });
    expect((await other.connect({ clientId: "" })).clientId).not.toBe(assigned[0]);
  });

  it("tells the broker what it is told of the peer", async () => {
    const seen: string[] = [];
    const watching = plugin({
      onAccept: (next) => (connection) => {
        seen.push(`${connection.kind} ${connection.remoteAddress}`);
        return next(connection);
      },
    });
    const broker = await start({ plugins: [watching] });
    await broker.connect({ info: { remoteAddress: "192.0.2.7" } });
    expect(seen).toEqual(["memory 192.0.2.7"]);
  });

  it("waits until a condition comes true that idle cannot see", async () => {
    const broker = await start();
    let done = false;
    setTimeout(() => {
      done = true;
    }, 5);
    await broker.until(() => done);
    await expect(broker.until(() => false, 10)).rejects.toThrow("did not come true within 10 ms");
  });
});

describe("the end of a test broker", () => {
  it("tells 5.0 clients, leaves no timer behind, and may be asked for twice", async () => {
    const broker = await createTestBroker();
    const client = await broker.connect();
    const other = await broker.connect({ version: 4, keepAlive: 10 });
    await broker.stop();
    await broker.stop();
    await client.disconnected(0x8b);
    await other.closed();
    expect(broker.clock.pendingTimers).toBe(0);
  });

  it("fails when the broker counted errors that are bugs", async () => {
    const broker = await createTestBroker();
    const population = broker.server.statsManager.population as { internalErrors: number };
    population.internalErrors++;
    await expect(broker.stop()).rejects.toThrow("the broker counted 1 internal errors");
    const tolerant = await createTestBroker({ allowInternalErrors: true });
    (tolerant.server.statsManager.population as { internalErrors: number }).internalErrors++;
    await tolerant.stop();
  });

  it("rejects as the broker's start does", async () => {
    const failing = { ...plugin({}), load: () => Promise.reject(new Error("no such file")) };
    await expect(createTestBroker({ plugins: [failing] })).rejects.toThrow("no such file");
  });
});

describe("a restart", () => {
  it("finds in the store what was there, and asks for plugins anew", async () => {
    let made = 0;
    const broker = await start({
      persistence: createSlowPersistence(),
      plugins: () => {
        made++;
        return [plugin({})];
      },
    });
    const first = await broker.connect(session);
    const before = broker.server;
    await broker.restart({ downtime: 30_000 });
    await first.disconnected(0x8b);
    expect(broker.server).not.toBe(before);
    expect(made).toBe(2);
    expect((await broker.connect(session)).connack?.sessionPresent).toBe(true);
  });

  it("finds nothing with the memory store", async () => {
    const broker = await start();
    await broker.connect(session);
    await broker.restart();
    expect((await broker.connect(session)).connack?.sessionPresent).toBe(false);
  });
});

describe("a crash", () => {
  it("ends connections without a word, and calls no hook", async () => {
    const called: string[] = [];
    const watching = plugin({
      onClosed: (next) => (client, error) => {
        called.push("onClosed");
        return next(client, error);
      },
      onStop: (next) => () => {
        called.push("onStop");
        return next();
      },
    });
    const broker = await start({ persistence: createSlowPersistence(), plugins: () => [watching] });
    const client = await broker.connect(session);
    await broker.crash();
    await client.closed();
    expect(called).toEqual([]);
    expect((await broker.connect(session)).connack?.sessionPresent).toBe(true);
  });

  it.each([
    ["lost", false],
    ["stored", true],
  ] as const)("leaves pending commits %s", async (pendingCommits, present) => {
    const store = createSlowPersistence();
    const broker = await start({ persistence: store });
    store.hold();
    const client = broker.open();
    client.sendConnect(session);
    await broker.idle();
    const crashed = broker.crash({ pendingCommits });
    store.release();
    await crashed;
    await client.drop();
    expect((await broker.connect(session)).connack?.sessionPresent).toBe(present);
  });

  it("takes the timers of the dead broker along", async () => {
    const broker = await start({ persistence: createSlowPersistence() });
    const watcher = await broker.connect({ ...session, clientId: "w" });
    await watcher.subscribe({ filter: "w", qos: 1 });
    const will = { topic: "w", properties: { willDelayInterval: 60 } };
    await (await broker.connect({ ...session, will })).drop();
    await broker.crash();
    const again = await broker.connect({ ...session, clientId: "w" });
    await broker.advance(70_000);
    // Once, by the new broker.
    await again.next("publish");
    await again.nothing();
  });
});
