/** Two connections with one client identifier: the new one wins (MQTT 5.0 section 3.1.4). */

import { MqttError, type Plugin } from "@gmqtt/broker";
import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

describe.each(stores)("takeover, with the $name store", ({ start }) => {
  it.each([3, 4, 5] as const)(
    "ends the old connection, in version %s with DISCONNECT 0x8e [MQTT-3.1.4-3] [hard case 10]",
    async (version) => {
      const broker = await start();
      const old = await broker.connect({ version, clientId: "same" });
      const young = await broker.connect({ version, clientId: "same" });
      await old.disconnected(0x8e);
      await young.ping();
    },
  );

  it("answers the new one without waiting for the old peer [hard case 10]", async () => {
    const broker = await start();
    const old = await broker.connect({ clientId: "same", allowHalfOpen: true });
    await old.subscribe("a");
    old.freeze();
    const young = await broker.connect({ clientId: "same" });
    await young.ping();
  });

  it("sends nothing to the old socket any more [hard case 10]", async () => {
    const broker = await start();
    const properties = { sessionExpiryInterval: 60 };
    const old = await broker.connect({ clientId: "same", properties, allowHalfOpen: true });
    await old.subscribe({ filter: "a", qos: 1 });
    const young = await broker.connect({ clientId: "same", properties, cleanStart: false });
    expect(young.connack?.sessionPresent).toBe(true);
    await old.disconnected(0x8e);
    const publisher = await broker.connect();
    await publisher.publish("a", "after", { qos: 1 });
    expect(await young.next("publish")).toMatchObject({ text: "after" });
    expect(old.unread).toEqual([]);
  });

  it("hears nothing from the old socket any more [hard case 10]", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe("#");
    const old = await broker.connect({ clientId: "same", allowHalfOpen: true });
    await broker.connect({ clientId: "same" });
    await old.disconnected(0x8e);
    await old.publish("from/the/old", "late");
    await watcher.nothing();
  });

  it("hands on what the old connection left unacknowledged, to the new one [hard case 10]", async () => {
    const broker = await start();
    const properties = { sessionExpiryInterval: 60 };
    const old = await broker.connect({ clientId: "same", properties, autoAck: false });
    await old.subscribe({ filter: "a", qos: 1 });
    await (await broker.connect()).publish("a", "unacknowledged", { qos: 1 });
    const first = await old.next("publish");
    const young = await broker.connect({ clientId: "same", properties, cleanStart: false });
    expect(await young.next("publish")).toMatchObject({ text: "unacknowledged", dup: true, packetId: first.packetId });
  });

  it("finds no session when the old one ended with its connection [hard case 10]", async () => {
    const broker = await start();
    const old = await broker.connect({ clientId: "same" });
    await old.subscribe("a");
    const young = await broker.connect({
      clientId: "same",
      cleanStart: false,
      properties: { sessionExpiryInterval: 60 },
    });
    expect(young.connack?.sessionPresent).toBe(false);
  });

  it("is left undone when the new CONNECT is refused [MQTT-3.1.4-2] [hard case 10]", async () => {
    const refusing: Plugin = {
      name: "refusing",
      load: () => {},
      unload: () => {},
      hookWrapper: () => ({
        onBasicAuth: (next) => (client, request) => {
          if (request.connect.username === "wrong") throw new MqttError(0x86);
          return next(client, request);
        },
      }),
    };
    const broker = await start({ plugins: () => [refusing] });
    const old = await broker.connect({ clientId: "same" });
    expect(await broker.refused({ clientId: "same", username: "wrong" })).toMatchObject({ reasonCode: 0x86 });
    await old.ping();
    await old.nothing();
  });

  it("goes on however often it happens", async () => {
    const broker = await start();
    const properties = { sessionExpiryInterval: 60 };
    let last = await broker.connect({ clientId: "same", properties });
    await last.subscribe({ filter: "a", qos: 1 });
    for (let round = 0; round < 20; round++) {
      const next = await broker.connect({ clientId: "same", properties, cleanStart: false });
      expect(next.connack?.sessionPresent).toBe(true);
      await last.disconnected(0x8e);
      last = next;
    }
    await (await broker.connect()).publish("a", "still there", { qos: 1 });
    expect(await last.next("publish")).toMatchObject({ text: "still there" });
  });
});
