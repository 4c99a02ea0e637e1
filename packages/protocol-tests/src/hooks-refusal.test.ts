/** Hooks that refuse: by what they throw, return or reject with, and by taking too long. The neighbour notices nothing. */

import { type HookWrapper, MqttError } from "@gmqtt/broker";
import type { SubscriptionRequest } from "@gmqtt/packets";
import type { TestBroker } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { type AnyHook, wrap, yes } from "./a-life.ts";
import { plugin } from "./plugins.ts";
import { stores } from "./stores.ts";

const spoken = new MqttError(0x87, { reasonString: "no", userProperties: [["k", "v"]] });
const told = { reasonString: "no", userProperties: [["k", "v"]] };

/** How a hook refuses, and the reason code that a client gets to see. */
const WAYS: Readonly<Record<string, { readonly code: number; readonly refuse: AnyHook }>> = {
  "throws an MqttError": {
    code: 0x87,
    refuse: () => {
      throw spoken;
    },
  },
  "returns an MqttError": { code: 0x87, refuse: () => spoken },
  "rejects with an MqttError": { code: 0x87, refuse: () => Promise.reject(spoken) },
  "resolves to an MqttError": { code: 0x87, refuse: () => Promise.resolve(spoken) },
  "throws something else": {
    code: 0x83,
    refuse: () => {
      throw new Error("secret details");
    },
  },
  "rejects with something else": { code: 0x83, refuse: () => Promise.reject(new Error("secret details")) },
  "takes too long": { code: 0x83, refuse: () => new Promise(() => {}) },
};
const ways = Object.keys(WAYS);

function request(filter: string): SubscriptionRequest {
  return { filter, qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 };
}

/** A plugin whose hook refuses the second time it is asked about the client `refused`; a neighbour is served as ever. */
function refusing(name: keyof HookWrapper, way: string) {
  return () => [
    plugin(
      wrap(name, (next) => (...input) => {
        const [client] = input as [{ options?: { clientId: string } } | string];
        const clientId = typeof client === "string" ? client : client.options?.clientId;
        return clientId === "refused" ? WAYS[way]!.refuse(...input) : next(...input);
      }),
      { name: "culprit" },
    ),
    plugin(yes),
  ];
}

describe.each(stores)("a hook that refuses, with the $name store", ({ start }) => {
  async function begin(name: keyof HookWrapper, way: string): Promise<TestBroker> {
    return await start({ plugins: refusing(name, way), config: { hookTimeout: "2s" }, patience: 1 });
  }

  /** Lets a hook's time run out, if that is how it refuses. */
  async function wait(broker: TestBroker, way: string): Promise<void> {
    if (way === "takes too long") await broker.advance(2_300);
    await broker.idle();
  }

  /** What of it stands in the statistics and in the log. */
  function expectCounted(broker: TestBroker, way: string, calls: number = 1): void {
    const { hookFailures, hookTimeouts, internalErrors } = broker.server.statsManager.population;
    expect({ hookFailures, hookTimeouts, internalErrors }).toEqual({
      hookFailures: way.endsWith("else") ? calls : 0,
      hookTimeouts: way === "takes too long" ? calls : 0,
      internalErrors: 0,
    });
    const errors = broker.log.filter(({ level }) => level === "error");
    // The log says it once in ten seconds.
    expect(errors).toHaveLength(way.endsWith("else") ? 1 : 0);
    for (const { fields } of errors) expect(fields).toMatchObject({ plugin: "culprit" });
  }

  it.each(ways.flatMap((way) => ([3, 4, 5] as const).map((version) => [way, version] as const)))(
    "onBasicAuth %s: version %s is told as far as it can be, then comes the close [MQTT-3.2.2-4] [MQTT-3.2.2-5] [MQTT-3.2.2-7] [MQTT-3.2.2-8] [MQTT-4.13.2-1]",
    async (way, version) => {
      const broker = await begin("onBasicAuth", way);
      const { code } = WAYS[way]!;
      const neighbour = await broker.connect({ clientId: "neighbour" });
      const client = broker.open();
      client.sendConnect({ version, clientId: "refused" });
      await wait(broker, way);
      if (version === 5) {
        const connack = await client.next("connack");
        expect(connack).toMatchObject({ reasonCode: code, sessionPresent: false });
        expect(connack.properties).toEqual(code === 0x87 ? told : undefined);
      } else if (code === 0x87) {
        expect(await client.next("connack")).toMatchObject({ reasonCode: 5, sessionPresent: false });
      }
      // No return code of 3.x says that something else went wrong: then there is none [MQTT-3.2.2-6].
      await client.closed();
      await neighbour.ping();
      expectCounted(broker, way);
      expect(broker.server.statsManager.population.authenticationFailed).toBe(1);
      expect(broker.server.clientService.getSession("refused")).toBeUndefined();
    },
  );

  it.each(ways)("onEnhancedAuth %s: CONNACK and the close [MQTT-4.12.0-4]", async (way) => {
    const broker = await begin("onEnhancedAuth", way);
    const client = broker.open();
    client.sendConnect({ clientId: "refused", properties: { authenticationMethod: "ANY" } });
    await wait(broker, way);
    expect(await client.next("connack")).toMatchObject({ reasonCode: WAYS[way]!.code });
    await client.closed();
    await broker.connect({ properties: { authenticationMethod: "ANY" } });
    expectCounted(broker, way);
  });

  it.each(ways)("onReAuth %s: DISCONNECT and the close [MQTT-4.12.1-2]", async (way) => {
    const broker = await begin("onReAuth", way);
    const properties = { authenticationMethod: "ANY" };
    const client = await broker.connect({ clientId: "refused", properties });
    client.send("auth", { reasonCode: 0x19, properties });
    await wait(broker, way);
    await client.disconnected(WAYS[way]!.code);
    expectCounted(broker, way);
  });

  it.each(ways)("onSubscribe %s: every filter of the packet is refused, the connection lives", async (way) => {
    const broker = await begin("onSubscribe", way);
    const neighbour = await broker.connect();
    for (const [version, code] of [
      [5, WAYS[way]!.code],
      [4, 0x80],
    ] as const) {
      const client = await broker.connect({ version, clientId: "refused" });
      client.send("subscribe", { packetId: 1, subscriptions: [request("a"), request("b")] });
      await wait(broker, way);
      const suback = await client.next("suback");
      expect(suback).toMatchObject({ reasonCodes: [code, code] });
      if (version === 5) expect(suback.properties).toEqual(code === 0x87 ? told : undefined);
      await neighbour.publish("a", "text");
      await client.nothing();
      await client.ping();
      await client.disconnect();
    }
    expect((await neighbour.subscribe("a")).reasonCodes).toEqual([0]);
    expectCounted(broker, way, 2);
  });

  it.each(ways)("onUnsubscribe %s: the subscription stays, the connection lives", async (way) => {
    const broker = await begin("onUnsubscribe", way);
    const client = await broker.connect({ clientId: "refused" });
    await client.subscribe("a");
    client.send("unsubscribe", { packetId: 2, filters: ["a", "b"] });
    await wait(broker, way);
    expect(await client.next("unsuback")).toMatchObject({ reasonCodes: [WAYS[way]!.code, WAYS[way]!.code] });
    await client.publish("a", "still");
    expect(await client.next("publish")).toMatchObject({ text: "still" });
    expectCounted(broker, way);
  });

  it.each(ways)("onMsgArrived %s: nobody gets the message, nothing is retained, the publisher is told", async (way) => {
    const broker = await begin("onMsgArrived", way);
    const watcher = await broker.connect();
    await watcher.subscribe("a");
    await watcher.publish("a", "kept", { retain: true });
    await watcher.next("publish");
    const client = await broker.connect({ clientId: "refused" });
    for (const qos of [1, 2] as const) {
      client.send("publish", { topic: "a", qos, retain: true, packetId: qos });
      await wait(broker, way);
      const answer = await client.next(qos === 1 ? "puback" : "pubrec");
      expect(answer).toMatchObject({ type: qos === 1 ? 4 : 5, reasonCode: WAYS[way]!.code });
      if (WAYS[way]!.code === 0x87) expect(answer.properties).toEqual(told);
    }
    await client.publish("a", "", { retain: true });
    await wait(broker, way);
    await client.ping();
    await watcher.nothing();
    const late = await broker.connect();
    await late.subscribe("a");
    expect(await late.next("publish")).toMatchObject({ text: "kept" });
    expectCounted(broker, way, 3);
  });

  it.each(ways)("onWillPublish %s: the will stays unpublished, later ones are not", async (way) => {
    const broker = await begin("onWillPublish", way);
    const watcher = await broker.connect();
    await watcher.subscribe("will");
    await (await broker.connect({ clientId: "refused", will: { topic: "will", payload: "no" } })).drop();
    await wait(broker, way);
    await (await broker.connect({ will: { topic: "will", payload: "yes" } })).drop();
    expect(await watcher.next("publish")).toMatchObject({ text: "yes" });
    await watcher.nothing();
    expectCounted(broker, way);
  });
});

describe.each(stores)("onAccept, with the $name store", ({ start }) => {
  it.each([...ways, "answers false"])("that %s: the connection is closed before a byte of it is read", async (way) => {
    const refuse = way === "answers false" ? () => false : WAYS[way]!.refuse;
    const hooks: HookWrapper = {
      onAccept: (next) => (connection) =>
        connection.remoteAddress === "192.0.2.1" ? (refuse() as boolean) : next(connection),
    };
    const broker = await start({ plugins: () => [plugin(hooks)], config: { hookTimeout: "2s" }, patience: 1 });
    const client = broker.open({ info: { remoteAddress: "192.0.2.1" } });
    client.sendConnect();
    if (way === "takes too long") await broker.advance(2_300);
    await client.closed();
    expect(client.received).toEqual([]);
    await broker.connect();
    expect(broker.server.statsManager.population.connectionsOpen).toBe(1);
  });
});

describe.each(stores)("onStop, with the $name store", ({ start }) => {
  it.each(ways)("that %s: the broker stops all the same, and the plugins are unloaded", async (way) => {
    let unloaded = 0;
    const hooks = wrap("onStop", () => WAYS[way]!.refuse);
    const made = plugin(hooks, {
      unload: () => {
        unloaded++;
      },
    });
    const broker = await start({ plugins: () => [made], config: { hookTimeout: "2s" }, patience: 1 });
    const client = await broker.connect();
    await broker.stop();
    await client.disconnected(0x8b);
    expect(unloaded).toBe(1);
  });
});

describe.each(stores)("codes that an answer can't have, with the $name store", ({ start }) => {
  it("are said as 0x80", async () => {
    const refuse = () => new MqttError(0x95);
    const hooks: HookWrapper = {
      onSubscribe: () => refuse,
      onUnsubscribe: () => refuse,
      onMsgArrived: () => refuse,
      onBasicAuth: (next) => (client, request) =>
        request.connect.username === "x" ? new MqttError(0x93) : next(client, request),
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    expect(await broker.refused({ username: "x" })).toMatchObject({ reasonCode: 0x80 });
    const client = await broker.connect();
    expect((await client.subscribe("a")).reasonCodes).toEqual([0x80]);
    expect((await client.unsubscribe("a")).reasonCodes).toEqual([0x80]);
    expect(await client.publish("a", "", { qos: 1 })).toMatchObject({ reasonCode: 0x80 });
  });
});

describe.each(stores)("a refused publish of 3.1.1, with the $name store", ({ start }) => {
  const hooks: HookWrapper = { onMsgArrived: () => () => new MqttError(0x87) };

  it("is acknowledged and dropped when unauthorized_publish is drop [MQTT-3.3.5-2]", async () => {
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const watcher = await broker.connect();
    await watcher.subscribe("a");
    const client = await broker.connect({ version: 4 });
    for (const qos of [0, 1, 2] as const) await client.publish("a", "text", { qos });
    await client.ping();
    await watcher.nothing();
  });

  it.each([0, 1, 2] as const)("of QoS %s closes when unauthorized_publish is close [MQTT-3.3.5-2]", async (qos) => {
    const broker = await start({
      plugins: () => [plugin(hooks)],
      config: { mqtt: { unauthorizedPublish: "close" } },
    });
    const client = await broker.connect({ version: 4 });
    client.send("publish", { topic: "a", qos, packetId: qos === 0 ? 0 : 1 });
    await client.closed();
  });
});
