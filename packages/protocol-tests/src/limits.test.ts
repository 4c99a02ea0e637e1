/** Every limit of section `limits`: its refusal, its count, and the neighbour who notices nothing (architecture.md section 6). */

import type { TestBroker, TestBrokerOptions, TestClient } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

type Limits = NonNullable<NonNullable<TestBrokerOptions["config"]>["limits"]>;

/** One limit, how it is reached by one client and what that client gets to see. */
interface LimitCase {
  /** As in the file, below `limits`. */
  readonly key: string;
  readonly default: number;
  readonly set: Limits;
  /** Goes beyond the limit once and checks what comes of it; `client` may be used. */
  readonly exceed: (broker: TestBroker, client: TestClient) => Promise<void>;
  /** How often it was then hit. Default: 1. */
  readonly hits?: number;
}

const address = { info: { remoteAddress: "192.0.2.1" } };

/** The connection is closed before a byte of it is read. */
async function turnedAway(broker: TestBroker, options: Parameters<TestBroker["open"]>[0] = {}): Promise<void> {
  const client = broker.open(options);
  client.sendConnect();
  await client.closed();
  expect(client.received).toEqual([]);
}

const CASES: readonly LimitCase[] = [
  {
    key: "max_connections",
    default: 100_000,
    set: { maxConnections: 3 },
    exceed: async (broker) => {
      const third = await broker.connect();
      await turnedAway(broker);
      await third.disconnect();
      await broker.connect();
    },
  },
  {
    key: "max_connections_per_address",
    default: 20_000,
    set: { maxConnectionsPerAddress: 2 },
    exceed: async (broker) => {
      const [first] = [await broker.connect(address), await broker.connect(address)];
      await turnedAway(broker, address);
      await broker.connect({ info: { remoteAddress: "192.0.2.2" } });
      await first!.disconnect();
      await broker.connect(address);
    },
  },
  {
    key: "connect_rate",
    default: 20_000,
    set: { connectRate: 4 },
    exceed: async (broker) => {
      for (let count = 0; count < 2; count++) await broker.connect();
      await turnedAway(broker);
      await broker.advance(1_000);
      await broker.connect();
    },
  },
  {
    key: "connect_rate_per_address",
    default: 10_000,
    set: { connectRatePerAddress: 2 },
    exceed: async (broker) => {
      for (let count = 0; count < 2; count++) await broker.connect(address);
      await turnedAway(broker, address);
      await broker.connect({ info: { remoteAddress: "192.0.2.2" } });
      await broker.advance(1_000);
      await broker.connect(address);
    },
  },
  {
    key: "max_sessions",
    default: 1_000_000,
    set: { maxSessions: 3 },
    exceed: async (broker) => {
      const away = await broker.connect({ clientId: "away", properties: { sessionExpiryInterval: 60 } });
      await away.drop();
      expect(await broker.refused()).toMatchObject({ reasonCode: 0x97 });
      await broker.connect({ clientId: "away", cleanStart: false });
    },
  },
  {
    key: "max_subscriptions_per_client",
    default: 100_000,
    set: { maxSubscriptionsPerClient: 2 },
    exceed: async (_, client) => {
      expect((await client.subscribe(["a", "b", "c"])).reasonCodes).toEqual([0, 0, 0x97]);
      expect((await client.subscribe({ filter: "a", qos: 1 })).reasonCodes).toEqual([1]); // replaced, not one more
      await client.unsubscribe("b");
      expect((await client.subscribe("c")).reasonCodes).toEqual([0]);
    },
  },
  {
    key: "max_filters_per_packet",
    default: 1_000,
    set: { maxFiltersPerPacket: 2 },
    exceed: async (broker, client) => {
      expect((await client.subscribe(["a", "b"])).reasonCodes).toEqual([0, 0]);
      client.send("unsubscribe", { packetId: 9, filters: ["a", "b", "c"] });
      await client.disconnected(0x97);
      const other = await broker.connect();
      other.subscribe(["a", "b", "c"]).catch(() => {});
      await other.disconnected(0x97);
    },
    hits: 2,
  },
  {
    key: "max_user_properties",
    default: 5_000,
    set: { maxUserProperties: 1 },
    exceed: async (_, client) => {
      const two = Array.from({ length: 2 }, () => ["a", "b"] as const);
      await client.publish("a", "", { qos: 1, properties: { userProperties: two.slice(1) } });
      client.send("publish", { topic: "a", properties: { userProperties: two } });
      await client.disconnected(0x97);
    },
  },
  {
    key: "max_topic_length",
    default: 65_535,
    set: { maxTopicLength: 10 },
    exceed: async (_, client) => {
      await client.publish("1234567890", "", { qos: 1 });
      expect(await client.publish("\u00e91234567890", "", { qos: 1 })).toMatchObject({ reasonCode: 0x90 });
      expect(await client.publish("12345678901", "", { qos: 2 })).toMatchObject({ reasonCode: 0x90 });
      expect((await client.subscribe(["12345678901", "1234567890"])).reasonCodes).toEqual([0x8f, 0]);
    },
    hits: 3,
  },
  {
    key: "max_topic_levels",
    default: 128,
    set: { maxTopicLevels: 3 },
    exceed: async (_, client) => {
      await client.publish("a/b/c", "", { qos: 1 });
      expect(await client.publish("a/b/c/d", "", { qos: 1 })).toMatchObject({ reasonCode: 0x90 });
      expect((await client.subscribe(["a/b/c/#", "a/b/#"])).reasonCodes).toEqual([0x8f, 0]);
    },
    hits: 2,
  },
  {
    key: "max_clientid_length",
    default: 65_535,
    set: { maxClientidLength: 9 },
    exceed: async (broker) => {
      await broker.connect({ clientId: "123456789" });
      expect(await broker.refused({ clientId: "\u00e9123456789" })).toMatchObject({ reasonCode: 0x85 });
      expect(await broker.refused({ clientId: "1234567890", version: 4 })).toMatchObject({ reasonCode: 2 });
    },
    hits: 2,
  },
  {
    key: "max_retained_messages",
    default: 1_000_000,
    set: { maxRetainedMessages: 2 },
    exceed: async (broker, client) => {
      const keep = (topic: string, text: string) => client.publish(topic, text, { qos: 1, retain: true });
      for (const topic of ["a", "b"]) await keep(topic, "x");
      expect(await keep("c", "x")).toMatchObject({ reasonCode: 0x97 });
      expect(broker.server.retainedService.get("c")).toBeUndefined();
      expect((await keep("a", "replaced"))?.reasonCode).not.toBe(0x97);
      await keep("b", "");
      expect((await keep("c", "x"))?.reasonCode).not.toBe(0x97);
    },
  },
  {
    key: "max_retained_bytes",
    default: 1_073_741_824,
    set: { maxRetainedBytes: 20 },
    exceed: async (broker, client) => {
      const keep = (topic: string, text: string) => client.publish(topic, text, { qos: 1, retain: true });
      await keep("a", "123456789"); // 10 bytes
      expect(await keep("b", "1234567890")).toMatchObject({ reasonCode: 0x97 });
      expect((await keep("a", "1234567890123456789"))?.reasonCode).not.toBe(0x97);
      expect(broker.server.retainedService.bytes).toBe(20);
    },
  },
  {
    key: "publish_rate",
    default: 0,
    set: { publishRate: 5 },
    exceed: async (broker, client) => {
      for (let count = 0; count < 10; count++) client.send("publish", { topic: "rate" });
      await client.nothing();
      await broker.advance(1_000);
      for (let count = 0; count < 5; count++) client.send("publish", { topic: "rate" });
      await client.nothing();
      client.send("publish", { topic: "rate" });
      await client.disconnected(0x96);
    },
  },
  {
    key: "publish_bytes_rate",
    default: 0,
    set: { publishBytesRate: 1_000 },
    exceed: async (broker, client) => {
      const payload = Buffer.alloc(900);
      for (let count = 0; count < 2; count++) client.send("publish", { topic: "rate", payload });
      await client.nothing();
      await broker.advance(1_000);
      client.send("publish", { topic: "rate", payload });
      await client.nothing();
      client.send("publish", { topic: "rate", payload });
      await client.disconnected(0x96);
    },
  },
];

describe.each(stores)("limits, with the $name store", ({ start }) => {
  it.each(CASES.map((limit) => [limit.key, limit] as const))(
    "%s: what is beyond is refused and counted, and the neighbour is unharmed",
    async (key, { set, exceed, hits = 1 }) => {
      const broker = await start({ config: { limits: set } });
      const neighbour = await broker.connect();
      await neighbour.subscribe("n");
      await exceed(broker, await broker.connect());
      await broker.idle();
      expect([...broker.server.statsManager.population.limitsHit]).toEqual([[`limits.${key}`, hits]]);
      await neighbour.publish("n", "still here");
      expect(await neighbour.next("publish")).toMatchObject({ text: "still here" });
      await neighbour.nothing();
      expect(broker.server.statsManager.population.internalErrors).toBe(0);
    },
  );

  it("are all asked for, here or with backpressure and queues", async () => {
    const broker = await start();
    const elsewhere = ["max_queued_bytes", "max_unsent_bytes", "max_unsent_bytes_hard", "max_pending_commits"];
    const inFile = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const asked = [...CASES.map(({ key }) => key), ...elsewhere];
    expect(Object.keys(broker.server.config.limits).map(inFile).toSorted()).toEqual(asked.toSorted());
  });

  it("have safe defaults, under names that are the same in file and code", async () => {
    const broker = await start();
    const limits = broker.server.config.limits as unknown as Record<string, number>;
    for (const { key, default: expected } of CASES)
      expect(limits[key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())], key).toBe(expected);
  });
});

describe.each(stores)("limits of section mqtt, with the $name store", ({ start }) => {
  it("server_receive_maximum and max_packet_size are counted when they are hit", async () => {
    const broker = await start({ config: { mqtt: { serverReceiveMaximum: 1, maxPacketSize: 100 } } });
    const greedy = await broker.connect();
    for (const packetId of [1, 2]) greedy.send("publish", { topic: "a", qos: 2, packetId });
    await greedy.next("pubrec");
    await greedy.disconnected(0x93);
    const large = await broker.connect();
    large.sendBytes("30 7f");
    await large.disconnected(0x95);
    expect([...broker.server.statsManager.population.limitsHit]).toEqual([
      ["mqtt.server_receive_maximum", 1],
      ["mqtt.max_packet_size", 1],
    ]);
  });

  it("connect_timeout closes who sends no CONNECT, or half of one, and is counted", async () => {
    const broker = await start();
    const silent = broker.open();
    const halting = broker.open();
    halting.sendBytes("10 20 00 04");
    const quick = await broker.connect();
    await broker.advance(4_900);
    for (const client of [silent, halting]) await client.nothing();
    await broker.advance(300);
    for (const client of [silent, halting]) await client.closed();
    await quick.ping();
    expect(broker.server.statsManager.population.limitsHit.get("mqtt.connect_timeout")).toBe(2);
  });
});
