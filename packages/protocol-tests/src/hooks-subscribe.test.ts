/** What the hooks around subscriptions see and may change. */

import { type HookWrapper, MqttError, type SubscribeRequest } from "@gmqtt/broker";
import type { TestBroker } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";
import { stores } from "./stores.ts";

describe.each(stores)("onSubscribe, with the $name store", ({ start }) => {
  function begin(decide: (request: SubscribeRequest) => unknown): Promise<TestBroker> {
    const hooks: HookWrapper = {
      onSubscribe: (next) => async (client, request) => {
        await decide(request);
        return await next(client, request);
      },
    };
    return start({ plugins: () => [plugin(hooks)] });
  }

  it("sees packet and subscriptions by filter", async () => {
    const seen: unknown[] = [];
    const broker = await begin(({ packet, subscriptions }) => {
      seen.push([packet.properties?.subscriptionIdentifier, [...subscriptions]]);
    });
    const client = await broker.connect();
    await client.subscribe(["a", { filter: "b", qos: 2, noLocal: true }], { subscriptionIdentifier: 4 });
    const rest = { noLocal: false, retainAsPublished: false, retainHandling: 0 };
    expect(seen).toEqual([
      [
        4,
        [
          ["a", { filter: "a", qos: 0, ...rest }],
          ["b", { filter: "b", qos: 2, ...rest, noLocal: true }],
        ],
      ],
    ]);
  });

  it("lowers the QoS filter by filter, and never raises it", async () => {
    const broker = await begin((request) => {
      for (const filter of ["low", "high"]) request.grantQoS(filter, 1);
    });
    const client = await broker.connect();
    const { reasonCodes } = await client.subscribe([
      { filter: "low", qos: 2 },
      { filter: "high", qos: 0 },
      { filter: "other", qos: 2 },
    ]);
    expect(reasonCodes).toEqual([1, 0, 2]);
    await (await broker.connect()).publish("low", "text", { qos: 2 });
    expect(await client.next("publish")).toMatchObject({ qos: 1 });
  });

  it("refuses filter by filter, with what there is to say", async () => {
    const broker = await begin((request) => {
      request.reject("no", new MqttError(0x87, { reasonString: "not that one" }));
      request.reject("full", new MqttError(0x97));
    });
    const client = await broker.connect();
    const suback = await client.subscribe(["yes", "no", "full"]);
    expect(suback).toMatchObject({ reasonCodes: [0, 0x87, 0x97], properties: { reasonString: "not that one" } });
    const publisher = await broker.connect();
    for (const topic of ["no", "full", "yes"]) await publisher.publish(topic, topic);
    expect(await client.next("publish")).toMatchObject({ topic: "yes" });
    await client.nothing();
  });

  it("leaves the subscription that was there when a repeated SUBSCRIBE is refused", async () => {
    let refuse = false;
    const broker = await begin((request) => {
      if (refuse) request.reject("a", new MqttError(0x87));
    });
    const client = await broker.connect();
    await client.subscribe({ filter: "a", qos: 1 });
    refuse = true;
    expect((await client.subscribe({ filter: "a", qos: 0 })).reasonCodes).toEqual([0x87]);
    await (await broker.connect()).publish("a", "text", { qos: 1 });
    expect(await client.next("publish")).toMatchObject({ qos: 1 });
  });

  it("sets and takes away the subscription identifier", async () => {
    let identifier = 0;
    const broker = await begin((request) => request.setSubscriptionIdentifier(identifier));
    const client = await broker.connect();
    const publisher = await broker.connect();
    for (const [set, expected] of [
      [8, [8]],
      [268_435_455, [268_435_455]],
      [0, undefined],
    ] as const) {
      identifier = set;
      await client.subscribe("a", { subscriptionIdentifier: 3 });
      await publisher.publish("a", "");
      expect((await client.next("publish")).properties?.subscriptionIdentifiers).toEqual(expected);
    }
  });

  it.each([-1, 1.5, 268_435_456])("takes no identifier %s", async (identifier) => {
    let error: unknown;
    const broker = await begin((request) => {
      try {
        request.setSubscriptionIdentifier(identifier);
      } catch (thrown) {
        error = thrown;
      }
    });
    await (await broker.connect()).subscribe("a");
    expect(error).toBeInstanceOf(RangeError);
  });

  it("of two plugins: both may refuse, the lower QoS holds", async () => {
    const granting = (qos: 0 | 1, refused: string) =>
      plugin({
        onSubscribe: (next) => (client, request) => {
          request.grantQoS("a", qos);
          request.reject(refused, new MqttError(0x87));
          return next(client, request);
        },
      });
    const broker = await start({ plugins: () => [granting(0, "b"), granting(1, "c")] });
    const client = await broker.connect();
    const { reasonCodes } = await client.subscribe([{ filter: "a", qos: 2 }, "b", "c"]);
    expect(reasonCodes).toEqual([0, 0x87, 0x87]);
  });

  it("while it waits retained messages wait, too, and a client that is gone does no harm", async () => {
    let answer = () => {};
    const hooks: HookWrapper = {
      onSubscribe: (next) => async (client, request) => {
        await new Promise<void>((resolve) => (answer = resolve));
        return await next(client, request);
      },
    };
    const broker = await start({ plugins: () => [plugin(hooks)], patience: 1 });
    await (await broker.connect()).publish("a", "kept", { retain: true, qos: 1 });
    const subscriptions = [
      { filter: "a", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
    ] as const;
    const client = await broker.connect();
    client.send("subscribe", { packetId: 1, subscriptions });
    await client.nothing();
    answer();
    await client.next("suback");
    expect(await client.next("publish")).toMatchObject({ text: "kept" });
    const gone = await broker.connect();
    gone.send("subscribe", { packetId: 1, subscriptions });
    await gone.nothing();
    await gone.drop();
    answer();
    await broker.idle();
    expect(broker.server.statsManager.population.subscriptionsCurrent).toBe(1);
  });
});

describe.each(stores)("onUnsubscribe, with the $name store", ({ start }) => {
  it("refuses filter by filter", async () => {
    const seen: unknown[] = [];
    const hooks: HookWrapper = {
      onUnsubscribe: (next) => (client, request) => {
        seen.push(request.packet.filters);
        request.reject("a", new MqttError(0x83, { reasonString: "stays" }));
        return next(client, request);
      },
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const client = await broker.connect();
    await client.subscribe(["a", "b"]);
    const unsuback = await client.unsubscribe("a", "b", "c");
    expect(unsuback).toMatchObject({ reasonCodes: [0x83, 0, 0x11], properties: { reasonString: "stays" } });
    expect(seen).toEqual([["a", "b", "c"]]);
    for (const topic of ["a", "b"]) await client.publish(topic, topic);
    expect(await client.next("publish")).toMatchObject({ topic: "a" });
    await client.nothing();
  });
});

describe.each(stores)("onSubscribed and onUnsubscribed, with the $name store", ({ start }) => {
  it("hear what was made and what ended, and nothing of what was not", async () => {
    const calls: unknown[] = [];
    const hooks: HookWrapper = {
      onSubscribe: (next) => (client, request) => {
        request.reject("no", new MqttError(0x87));
        return next(client, request);
      },
      onSubscribed:
        () =>
        (client, { filter, qos, subscriptionIdentifier }) =>
          void calls.push(["subscribed", client.options.clientId, filter, qos, subscriptionIdentifier]),
      onUnsubscribed: () => (client, filter) => void calls.push(["unsubscribed", client.options.clientId, filter]),
    };
    const broker = await start({ plugins: () => [plugin(hooks)] });
    const client = await broker.connect({ clientId: "c" });
    await client.subscribe([{ filter: "a", qos: 1 }, "no", "$share/g/b"], { subscriptionIdentifier: 2 });
    await client.unsubscribe("a", "never", "$share/g/b");
    expect(calls).toEqual([
      ["subscribed", "c", "a", 1, 2],
      ["subscribed", "c", "$share/g/b", 0, 2],
      ["unsubscribed", "c", "a"],
      ["unsubscribed", "c", "$share/g/b"],
    ]);
  });
});
