/** Maximum Packet Size, both ways (MQTT 5.0 sections 3.1.2.11.4 and 3.2.2.3.6). */

import { MqttError, type Plugin } from "@gmqtt/broker";
import { encodedLength } from "@gmqtt/packets";
import { describe, expect, it } from "vitest";
import { frame, string, variableByteInteger } from "./bytes.ts";
import { stores } from "./stores.ts";

describe.each(stores)("the client's maximum packet size, with the $name store", ({ start }) => {
  /** A payload that makes a QoS 1 PUBLISH to topic "a" exactly this large in 5.0. */
  const payloadFor = (size: number) => {
    const empty = {
      type: 3,
      dup: false,
      qos: 1,
      retain: false,
      topic: "a",
      packetId: 1,
      payload: Buffer.alloc(0),
    } as const;
    return Buffer.alloc(size - encodedLength(empty, 5), "x");
  };

  it("lets exactly that size through and drops one byte more, silently [MQTT-3.1.2-24] [MQTT-3.1.2-25] [hard case 26]", async () => {
    const broker = await start();
    const client = await broker.connect({ properties: { maximumPacketSize: 64 } });
    await client.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    await publisher.publish("a", payloadFor(64), { qos: 1 });
    expect((await client.next("publish")).payload).toHaveLength(payloadFor(64).length);
    await publisher.publish("a", payloadFor(65), { qos: 1 });
    await client.nothing();
    await client.ping();
  });

  it("counts what it drops as delivered: no stuck window, and nothing left for later [MQTT-3.1.2-25] [hard case 26]", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false } as const;
    const client = await broker.connect({
      ...options,
      properties: { maximumPacketSize: 64, receiveMaximum: 1, sessionExpiryInterval: 60 },
    });
    await client.subscribe({ filter: "a", qos: 2 });
    const publisher = await broker.connect();
    for (const qos of [1, 2, 0] as const) await publisher.publish("a", payloadFor(200), { qos });
    await publisher.publish("a", "small", { qos: 1 });
    expect(await client.next("publish")).toMatchObject({ text: "small" });
    await client.drop();
    await (await broker.connect({ ...options, properties: { sessionExpiryInterval: 60 } })).nothing();
  });

  it("is that client's alone: its neighbours get the message [MQTT-3.1.2-25] [hard case 26]", async () => {
    const broker = await start();
    const small = await broker.connect({ properties: { maximumPacketSize: 64 } });
    const neighbours = [await broker.connect(), await broker.connect({ version: 4 })];
    for (const client of [small, ...neighbours]) await client.subscribe({ filter: "a", qos: 1 });
    await (await broker.connect()).publish("a", payloadFor(500), { qos: 1 });
    for (const client of neighbours)
      expect((await client.next("publish")).payload).toHaveLength(payloadFor(500).length);
    await small.nothing();
  });

  it("drops what was queued for a client that comes back smaller [hard case 26]", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false } as const;
    const first = await broker.connect({ ...options, autoAck: false, properties: { sessionExpiryInterval: 60 } });
    await first.subscribe({ filter: "a", qos: 1 });
    const publisher = await broker.connect();
    await publisher.publish("a", payloadFor(300), { qos: 1 });
    await first.next("publish");
    await first.drop();
    await publisher.publish("a", payloadFor(200), { qos: 1 });
    await publisher.publish("a", "small", { qos: 1 });
    const second = await broker.connect({
      ...options,
      properties: { maximumPacketSize: 64, sessionExpiryInterval: 60 },
    });
    expect(await second.next("publish")).toMatchObject({ text: "small" });
    await second.nothing();
  });

  it("holds for retained messages, too [hard case 26]", async () => {
    const broker = await start();
    const publisher = await broker.connect();
    await publisher.publish("a", payloadFor(300), { qos: 1, retain: true });
    const client = await broker.connect({ properties: { maximumPacketSize: 64 } });
    await client.subscribe("a");
    await client.nothing();
  });

  it("ends a client that asks for an answer larger than it takes, and subscribes it to nothing [MQTT-3.1.2-24]", async () => {
    const broker = await start();
    const options = { clientId: "s", cleanStart: false } as const;
    const properties = { maximumPacketSize: 64, sessionExpiryInterval: 60 };
    const filters = Array.from({ length: 60 }, (_, index) => `a/${index}`);
    const greedy = await broker.connect({ ...options, properties });
    const plain = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    greedy.send("subscribe", { packetId: 1, subscriptions: filters.map((filter) => ({ filter, ...plain })) });
    await greedy.disconnected(0x95);
    const client = await broker.connect({ ...options, properties });
    await client.subscribe(filters.slice(0, 59));
    client.send("unsubscribe", { packetId: 900, filters });
    await client.disconnected(0x95);
    const again = await broker.connect({ ...options, properties });
    const publisher = await broker.connect();
    for (const filter of filters) await publisher.publish(filter, filter);
    for (const filter of filters.slice(0, 59)) expect((await again.next("publish")).text).toBe(filter);
    await again.nothing();
  });

  it("leaves reason strings and user properties out where they would not fit [MQTT-3.2.2-19] [MQTT-3.2.2-20] [hard case 26]", async () => {
    const talkative = new MqttError(0x87, { reasonString: "r".repeat(100), userProperties: [["u", "v".repeat(100)]] });
    const refusing: Plugin = {
      name: "refusing",
      load: () => {},
      unload: () => {},
      hookWrapper: () => ({
        onBasicAuth: (next) => (client, request) => {
          if (request.connect.username === "wrong") throw talkative;
          return next(client, request);
        },
        onSubscribe: () => (_, request) => {
          for (const filter of request.subscriptions.keys()) request.reject(filter, talkative);
        },
        onMsgArrived: () => () => {
          throw talkative;
        },
      }),
    };
    const broker = await start({ plugins: () => [refusing] });
    const properties = { maximumPacketSize: 40 };
    const connack = await broker.refused({ username: "wrong", properties });
    expect(connack).toMatchObject({ reasonCode: 0x87 });
    expect(connack?.properties?.reasonString).toBeUndefined();
    expect((await broker.refused({ username: "wrong" }))?.properties?.reasonString).toHaveLength(100);
    const client = await broker.connect({ properties });
    expect(await client.subscribe("a")).toMatchObject({ reasonCodes: [0x87] });
    for (const qos of [1, 2] as const)
      expect(await client.publish("a", "", { qos })).toMatchObject({ reasonCode: 0x87 });
  });
});

describe.each(stores)("the server's maximum packet size, with the $name store", ({ start }) => {
  it("takes exactly that size", async () => {
    const broker = await start({ config: { mqtt: { maxPacketSize: 100 } } });
    const watcher = await broker.connect();
    await watcher.subscribe("a");
    const client = await broker.connect();
    expect(client.connack?.properties?.maximumPacketSize).toBe(100);
    const exact = frame(0x30, string("a"), 0, Buffer.alloc(94, "x"));
    expect(exact).toHaveLength(100);
    client.sendBytes(exact);
    expect((await watcher.next("publish")).payload).toHaveLength(94);
    client.sendBytes(frame(0x30, string("a"), 0, Buffer.alloc(95, "x")));
    await client.disconnected(0x95);
    await watcher.nothing();
  });

  it("is decided from the header, without waiting for the body [MQTT-3.2.2-15] [hard case 27]", async () => {
    const broker = await start({ config: { mqtt: { maxPacketSize: 100 } } });
    const neighbour = await broker.connect();
    for (const version of [4, 5] as const) {
      const client = await broker.connect({ version });
      client.sendBytes(Buffer.concat([Buffer.of(0x30), variableByteInteger(99)]));
      await client.disconnected(0x95);
    }
    await neighbour.ping();
  });

  it("holds for CONNECT, too: 5.0 may be told by CONNACK 0x95 [hard case 27]", async () => {
    const broker = await start({ config: { mqtt: { maxPacketSize: 100 } } });
    const client = broker.open();
    client.sendBytes(Buffer.concat([Buffer.of(0x10), variableByteInteger(10_000)]));
    await broker.idle();
    if (client.connack !== undefined) expect((await client.next("connack")).reasonCode).toBe(0x95);
    await client.closed();
  });
});
