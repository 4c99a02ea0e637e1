/** Keep alive: one and a half times the interval (MQTT 5.0 section 3.1.2.10). */

import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

describe.each(stores)("keep alive, with the $name store", ({ start }) => {
  it.each([3, 4, 5] as const)(
    "closes after one and a half times the interval, not earlier, in version %s [MQTT-3.1.2-22] [hard case 39]",
    async (version) => {
      const broker = await start();
      const client = await broker.connect({ version, keepAlive: 10 });
      await broker.advance(14_900);
      await client.nothing();
      await broker.advance(300);
      await client.disconnected(0x8d);
    },
  );

  it.each([
    ["PINGREQ", (client: Sender) => client.send("pingreq")],
    ["PUBLISH", (client: Sender) => client.send("publish", { topic: "a" })],
    ["SUBSCRIBE", (client: Sender) => client.sendBytes("82 07 00 01 00 00 01 61 00")],
    ["an acknowledgement of nothing", (client: Sender) => client.send("puback", { packetId: 9 })],
  ])("counts from the last packet: %s [MQTT-3.1.2-22]", async (_, speak) => {
    const broker = await start();
    const client = await broker.connect({ keepAlive: 10 });
    await broker.advance(14_000);
    speak(client);
    await broker.advance(14_000);
    expect(client.ended).toBe(false);
    await broker.advance(1_300);
    await client.find("disconnect", ({ reasonCode }) => reasonCode === 0x8d);
    expect(client.ended).toBe(true);
  });

  it("is not kept by what the client only receives [MQTT-3.1.2-22] [hard case 39]", async () => {
    const broker = await start();
    const client = await broker.connect({ keepAlive: 10 });
    await client.subscribe("a");
    const publisher = await broker.connect();
    for (let second = 0; second < 15; second++) {
      await publisher.publish("a", "tick");
      await broker.advance(1_000);
    }
    await broker.advance(300);
    await client.find("disconnect", ({ reasonCode }) => reasonCode === 0x8d);
    expect(client.ended).toBe(true);
  });

  it("of 0 never ends a connection [hard case 39]", async () => {
    const broker = await start();
    const client = await broker.connect({ version: 4, keepAlive: 0 });
    await broker.advance(2 * 3_600_000);
    await client.ping();
  });

  it("of 65535 seconds is kept", async () => {
    const broker = await start({ config: { mqtt: { maxKeepalive: 65_535 } } });
    const client = await broker.connect({ keepAlive: 65_535 });
    expect(client.connack?.properties?.serverKeepAlive).toBeUndefined();
    await broker.advance(3_600_000);
    await client.ping();
  });

  it("closes for a client that hangs in the middle of a packet", async () => {
    const broker = await start();
    const client = await broker.connect({ keepAlive: 10 });
    client.sendBytes("30 10 00");
    await broker.advance(15_200);
    await client.disconnected(0x8d);
  });

  it("closes a client that does not read, too", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe("w");
    const client = await broker.connect({ keepAlive: 10, will: { topic: "w", payload: "gone" } });
    client.freeze();
    await broker.advance(15_200);
    expect(await watcher.next("publish")).toMatchObject({ text: "gone" });
  });
});

type Sender = import("@gmqtt/testing").TestClient;
