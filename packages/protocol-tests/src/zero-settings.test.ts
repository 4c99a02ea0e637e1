/** Settings for which 0 means no limit (docs/configuration.md). */

import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 0xffffffff } } as const;

describe.each(stores)("a setting of 0, with the $name store", ({ start }) => {
  it("message_expiry: a message without an expiry of its own waits as long as its session", async () => {
    const broker = await start({ config: { mqtt: { messageExpiry: 0, sessionExpiry: "10d" } } });
    const first = await broker.connect(session);
    await first.subscribe({ filter: "a", qos: 1 });
    await first.drop();
    const publisher = await broker.connect();
    await publisher.publish("a", "patient", { qos: 1 });
    await broker.advance(9 * 24 * 3_600_000);
    const second = await broker.connect(session);
    expect((await second.next("publish")).text).toBe("patient");
  });

  it("message_expiry: the limit is kept to when it is not 0", async () => {
    const broker = await start({ config: { mqtt: { messageExpiry: "1h", sessionExpiry: "10d" } } });
    const first = await broker.connect(session);
    await first.subscribe({ filter: "a", qos: 1 });
    await first.drop();
    const publisher = await broker.connect();
    await publisher.publish("a", "late", { qos: 1 });
    await broker.advance(3_601_000);
    const second = await broker.connect(session);
    await second.nothing();
    expect(broker.server.statsManager.traffic.messagesDropped.expired).toEqual([0, 1, 0]);
  });

  it("inflight_expiry: a message that is not acknowledged never gives way to others", async () => {
    const broker = await start({ config: { mqtt: { inflightExpiry: 0, maxQueuedMessages: 2, maxInflight: 1 } } });
    const client = await broker.connect({ ...session, autoAck: false });
    await client.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    await publisher.publish("a", "first", { qos: 1 });
    const first = await client.next("publish");
    await broker.advance(3_600_000);
    await publisher.publish("a", "second", { qos: 1 });
    await publisher.publish("a", "third", { qos: 1 });
    client.send("puback", { packetId: first.packetId });
    expect((await client.next("publish")).text).toBe("third");
    expect(broker.server.statsManager.traffic.messagesDropped.inflight_expired).toEqual([0, 0, 0]);
  });

  it("hook_timeout: a hook may take any time", async () => {
    let allow = (): void => {};
    const plugin = {
      name: "slow",
      load: () => {},
      unload: () => {},
      hookWrapper: () => ({ onBasicAuth: () => () => new Promise<void>((resolve) => (allow = resolve)) }),
    };
    const broker = await start({ config: { hookTimeout: 0, mqtt: { connectTimeout: "1h" } }, plugins: [plugin] });
    const client = broker.open();
    client.send("connect", { protocolVersion: 5, cleanStart: true, keepAlive: 0, clientId: "c" });
    await broker.advance(600_000);
    await client.nothing();
    allow();
    expect((await client.next("connack")).reasonCode).toBe(0);
  });
});
