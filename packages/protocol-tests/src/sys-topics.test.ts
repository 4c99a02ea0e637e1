/** What the broker tells of itself below `$SYS`, by the names that users of mosquitto know. */

import type { TestBroker } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

const NAMES = [
  "version",
  "uptime",
  "clients/total",
  "clients/connected",
  "clients/active",
  "clients/disconnected",
  "clients/inactive",
  "clients/expired",
  "clients/maximum",
  "messages/received",
  "messages/sent",
  "messages/stored",
  "publish/messages/received",
  "publish/messages/sent",
  "publish/messages/dropped",
  "publish/bytes/received",
  "publish/bytes/sent",
  "bytes/received",
  "bytes/sent",
  "store/messages/count",
  "store/messages/bytes",
  "retained messages/count",
  "subscriptions/count",
  "shared_subscriptions/count",
  "load/messages/received/1min",
  "load/messages/sent/5min",
  "load/publish/received/15min",
  "load/publish/sent/1min",
  "load/publish/dropped/1min",
  "load/bytes/received/5min",
  "load/bytes/sent/15min",
  "load/sockets/1min",
  "load/connections/1min",
];

const every10s = { config: { sys: { interval: "10s" } } } as const;

/** The retained values as a new subscriber finds them. */
async function values(broker: TestBroker): Promise<Map<string, string>> {
  const client = await broker.connect();
  await client.subscribe("$SYS/broker/#");
  await broker.idle();
  const found = new Map<string, string>();
  for (const packet of client.received)
    if (packet.type === 3) found.set(packet.topic.slice("$SYS/broker/".length), packet.text);
  await client.disconnect();
  return found;
}

describe.each(stores)("the topics of SYS, with the $name store", ({ start }) => {
  it("bear mosquitto's names and are retained", async () => {
    const broker = await start(every10s);
    await broker.advance(20_000);
    const found = await values(broker);
    expect(NAMES.filter((name) => !found.has(name))).toEqual([]);
    expect(found.get("version")).toMatch(/^gmqtt \d+\.\d+\.\d+/);
  });

  it("tell the truth: clients, subscriptions, messages, uptime", async () => {
    const broker = await start(every10s);
    const stay = await broker.connect();
    await stay.subscribe(["a/#", "$share/g/b"]);
    const away = await broker.connect({ properties: { sessionExpiryInterval: 600 } });
    await away.subscribe({ filter: "a/b", qos: 1 });
    await stay.publish("a/b", "kept", { retain: true, qos: 1 });
    await broker.advance(10_000);
    await away.drop();
    await broker.advance(10_000);
    const found = await values(broker);
    expect(found.get("uptime")).toBe("20 seconds");
    expect(found.get("clients/connected")).toBe("1");
    expect(found.get("clients/disconnected")).toBe("1");
    expect(found.get("clients/total")).toBe("2");
    expect(found.get("clients/maximum")).toBe("2");
    expect(found.get("subscriptions/count")).toBe("3");
    expect(found.get("shared_subscriptions/count")).toBe("1");
    expect(found.get("publish/messages/received")).toBe("1");
    expect(Number(found.get("bytes/received"))).toBeGreaterThan(50);
    expect(Number(found.get("load/connections/1min"))).toBeGreaterThan(0);
  });

  it("know of a crowd that came and went between two looks", async () => {
    const broker = await start(every10s);
    const crowd = await Promise.all([broker.connect(), broker.connect(), broker.connect()]);
    for (const client of crowd) await client.drop();
    await broker.advance(10_000);
    expect((await values(broker)).get("clients/maximum")).toBe("3");
  });

  it("are published anew at each interval, when they changed", async () => {
    const broker = await start(every10s);
    const client = await broker.connect();
    await client.subscribe("$SYS/broker/uptime");
    await client.find("publish", ({ retain }) => retain);
    for (const seconds of [10, 20, 30]) {
      await broker.advance(10_000);
      expect(await client.next("publish")).toMatchObject({ text: `${seconds} seconds`, retain: false });
      await client.nothing();
    }
  });

  it("are never matched by # or +, retained or live [MQTT-4.7.2-1] [hard case 33]", async () => {
    const broker = await start(every10s);
    const client = await broker.connect();
    await client.subscribe(["#", "+/#", "+/broker/uptime", "$share/g/#"]);
    await broker.advance(30_000);
    await client.nothing();
  });

  it("are matched by wildcards below $SYS, and by name", async () => {
    const broker = await start(every10s);
    for (const filter of ["$SYS/#", "$SYS/broker/uptime", "$SYS/+/uptime", "$SYS/broker/+"]) {
      const client = await broker.connect();
      await client.subscribe(filter);
      await client.find("publish", ({ topic }) => topic === "$SYS/broker/uptime");
    }
  });

  it("cannot be changed or cleared by a client", async () => {
    const broker = await start(every10s);
    const client = await broker.connect();
    expect(await client.publish("$SYS/broker/version", "", { retain: true, qos: 1 })).toMatchObject({
      reasonCode: 0x87,
    });
    expect((await values(broker)).get("version")).toMatch(/^gmqtt/);
  });

  it("are nothing at all with interval 0", async () => {
    const broker = await start({ config: { sys: { interval: 0 } } });
    const client = await broker.connect();
    await client.subscribe("$SYS/#");
    await broker.advance(120_000);
    await client.nothing();
    expect(broker.server.retainedService.count).toBe(0);
  });

  it("come every 10 s unless something else is said", async () => {
    const broker = await start({ config: { sys: {} } });
    const client = await broker.connect();
    await client.subscribe("$SYS/broker/uptime");
    await client.next("publish");
    await broker.advance(9_500);
    await client.nothing();
    await broker.advance(1_000);
    await client.next("publish");
  });
});
