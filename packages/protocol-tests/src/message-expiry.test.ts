/** Message expiry: counted down wherever a message waits, and kept to (MQTT 5.0 section 3.3.2.3.3). */

import type { TestBroker } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

async function publish(broker: TestBroker, seconds: number, options: { retain?: boolean; qos?: 0 | 1 | 2 } = {}) {
  const publisher = await broker.connect();
  await publisher.publish("a", `for ${seconds} s`, {
    qos: 1,
    ...options,
    properties: { messageExpiryInterval: seconds },
  });
}

describe.each(stores)("message expiry, with the $name store", ({ start }) => {
  const session = { clientId: "s", cleanStart: false, properties: { sessionExpiryInterval: 3_600 } } as const;

  it("is forwarded as it came when no time has passed [MQTT-3.3.2-6] [hard case 28]", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe({ filter: "a", qos: 1 });
    await publish(broker, 10);
    expect((await client.next("publish")).properties?.messageExpiryInterval).toBe(10);
    await publish(broker, 4_294_967_295);
    expect((await client.next("publish")).properties?.messageExpiryInterval).toBe(4_294_967_295);
  });

  it("counts down in the queue of a client that is away [MQTT-3.3.2-6] [hard case 28]", async () => {
    const broker = await start();
    const first = await broker.connect(session);
    await first.subscribe({ filter: "a", qos: 1 });
    await first.drop();
    await publish(broker, 100);
    await broker.advance(30_000);
    const second = await broker.connect(session);
    expect((await second.next("publish")).properties?.messageExpiryInterval).toBe(70);
  });

  it("counts down in the queue behind a full window [MQTT-3.3.2-6] [hard case 28]", async () => {
    const broker = await start();
    const client = await broker.connect({ autoAck: false, properties: { receiveMaximum: 1 } });
    await client.subscribe({ filter: "a", qos: 1 });
    await publish(broker, 1_000);
    await publish(broker, 5);
    await publish(broker, 100);
    const { packetId } = await client.next("publish");
    await broker.advance(30_000);
    client.send("puback", { packetId });
    expect(await client.next("publish")).toMatchObject({
      text: "for 100 s",
      properties: { messageExpiryInterval: 70 },
    });
    await client.nothing();
  });

  it("counts down while retained, and ends it [MQTT-3.3.2-5] [MQTT-3.3.2-6] [hard case 28]", async () => {
    const broker = await start();
    await publish(broker, 100, { retain: true });
    await broker.advance(30_000);
    const first = await broker.connect();
    await first.subscribe("a");
    expect((await first.find("publish")).properties?.messageExpiryInterval).toBe(70);
    await broker.advance(60_000);
    // Being looked at does not make it younger.
    const second = await broker.connect();
    await second.subscribe("a");
    expect((await second.find("publish")).properties?.messageExpiryInterval).toBe(10);
    await broker.advance(10_100);
    const third = await broker.connect();
    await third.subscribe("a");
    await third.nothing();
  });

  it("delivers nothing expired from the queue [MQTT-3.3.2-5] [hard case 28]", async () => {
    const broker = await start();
    const first = await broker.connect(session);
    await first.subscribe({ filter: "a", qos: 2 });
    await first.drop();
    await publish(broker, 10);
    await publish(broker, 10, { qos: 2 });
    await publish(broker, 10, { qos: 0 });
    await publish(broker, 100);
    await broker.advance(10_100);
    const second = await broker.connect(session);
    expect(await second.next("publish")).toMatchObject({ text: "for 100 s" });
    await second.nothing();
  });

  it("delivers nothing expired from the in-flight queue, and frees its place [hard case 28]", async () => {
    const broker = await start();
    const first = await broker.connect({ ...session, autoAck: false });
    await first.subscribe({ filter: "a", qos: 1 });
    await publish(broker, 10);
    await publish(broker, 100);
    await first.next("publish");
    await first.next("publish");
    await first.drop();
    await broker.advance(10_100);
    const second = await broker.connect({
      ...session,
      properties: { sessionExpiryInterval: 3_600, receiveMaximum: 1 },
    });
    const again = await second.next("publish");
    expect(again).toMatchObject({ text: "for 100 s", dup: true });
    expect(again.properties?.messageExpiryInterval).toBeLessThanOrEqual(90);
    await second.nothing();
  });

  it("holds for 3.1.1 receivers, who are not told", async () => {
    const broker = await start();
    const options = { version: 4, clientId: "old", cleanStart: false } as const;
    const first = await broker.connect(options);
    await first.subscribe({ filter: "a", qos: 1 });
    await first.drop();
    await publish(broker, 10);
    await publish(broker, 100);
    await broker.advance(10_100);
    const second = await broker.connect(options);
    expect(await second.next("publish")).toMatchObject({ text: "for 100 s" });
    await second.nothing();
  });

  it("of message_expiry bounds what waits without one", async () => {
    const broker = await start({ config: { mqtt: { messageExpiry: "60s" } } });
    const first = await broker.connect(session);
    await first.subscribe({ filter: "a", qos: 1 });
    await first.drop();
    const publisher = await broker.connect();
    await publisher.publish("a", "old", { qos: 1 });
    await broker.advance(50_000);
    await publisher.publish("a", "young", { qos: 1 });
    await broker.advance(10_100);
    const second = await broker.connect(session);
    expect(await second.next("publish")).toMatchObject({ text: "young" });
    await second.nothing();
  });
});
