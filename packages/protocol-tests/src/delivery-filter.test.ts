/** `server.filterDeliveries`: what a plugin withholds reaches nobody, by whichever way it would have come. */

import type { DeliveryFilter, DeliveryFilterHandle, QoS, Server } from "@gmqtt/broker";
import { createTestBroker, type TestBroker } from "@gmqtt/testing";
import { expect, onTestFinished, test } from "vitest";

interface Filtering {
  readonly broker: TestBroker;
  readonly handle: () => DeliveryFilterHandle;
}

async function brokerWith(...filters: DeliveryFilter[]): Promise<Filtering> {
  const handles: DeliveryFilterHandle[] = [];
  const plugin = {
    name: "filtering",
    load: (server: Server) => {
      handles.push(...filters.map((filter) => server.filterDeliveries(filter)));
    },
    unload: () => {},
    hookWrapper: () => ({}),
  };
  const broker = await createTestBroker({ plugins: [plugin] });
  onTestFinished(() => broker.stop());
  return { broker, handle: () => handles[0] as DeliveryFilterHandle };
}

test("withholds topics of a wildcard subscription, and only from whom it says", async () => {
  const { broker } = await brokerWith((clientId, topic) => (clientId === "narrow" && topic === "a/x" ? undefined : 2));
  const narrow = await broker.connect({ clientId: "narrow" });
  const wide = await broker.connect({ clientId: "wide" });
  await narrow.subscribe("a/#");
  await wide.subscribe("a/#");
  const publisher = await broker.connect();
  await publisher.publish("a/x", "secret");
  await publisher.publish("a/y", "open");
  expect(await narrow.next("publish")).toMatchObject({ topic: "a/y" });
  expect(await wide.next("publish")).toMatchObject({ topic: "a/x" });
  expect(await wide.next("publish")).toMatchObject({ topic: "a/y" });
});

test("tells a publisher that nobody was reached when nobody may receive", async () => {
  const { broker } = await brokerWith(() => undefined);
  await (await broker.connect()).subscribe("a");
  const publisher = await broker.connect();
  expect(await publisher.publish("a", "x", { qos: 1 })).toMatchObject({ reasonCode: 0x10 });
});

test("lowers the QoS, also of the subscriber's own message beside a No Local subscription", async () => {
  const { broker } = await brokerWith(
    () => 1,
    () => 0,
  );
  const client = await broker.connect({ clientId: "both" });
  await client.subscribe([
    { filter: "a/+", qos: 2 },
    { filter: "a/b", qos: 2, noLocal: true },
  ]);
  await client.publish("a/b", "own", { qos: 2 });
  expect(await client.next("publish")).toMatchObject({ topic: "a/b", qos: 0 });
  const other = await broker.connect();
  await other.publish("a/b", "another's", { qos: 2 });
  expect(await client.next("publish")).toMatchObject({ topic: "a/b", qos: 0 });
});

test("withholds retained messages and lowers their QoS topic by topic", async () => {
  const limits: Readonly<Record<string, QoS>> = { "r/0": 0, "r/1": 1, "r/2": 2 };
  const { broker } = await brokerWith((_, topic) => limits[topic]);
  const publisher = await broker.connect();
  for (const topic of ["r/0", "r/1", "r/2", "r/none"]) await publisher.publish(topic, "x", { qos: 2, retain: true });
  const subscriber = await broker.connect();
  await subscriber.subscribe({ filter: "r/#", qos: 2 });
  const received = [
    await subscriber.next("publish"),
    await subscriber.next("publish"),
    await subscriber.next("publish"),
  ];
  expect(Object.fromEntries(received.map(({ topic, qos }) => [topic, qos]))).toEqual(limits);
  await subscriber.nothing();
});

test("passes over members of a shared subscription that may not receive the topic", async () => {
  const { broker } = await brokerWith((clientId, topic) => (clientId === "first" && topic === "a/x" ? undefined : 1));
  const first = await broker.connect({ clientId: "first" });
  const second = await broker.connect({ clientId: "second" });
  await first.subscribe({ filter: "$share/g/a/+", qos: 2 });
  await second.subscribe({ filter: "$share/g/a/+", qos: 2 });
  const publisher = await broker.connect();
  for (let count = 0; count < 3; count++) {
    await publisher.publish("a/x", "x", { qos: 2 });
    expect(await second.next("publish")).toMatchObject({ topic: "a/x", qos: 1 });
  }
  await first.nothing();
});

test("keeps what a leaving member of a shared subscription leaves from those who may not receive it", async () => {
  const { broker } = await brokerWith((clientId) => (clientId === "barred" ? undefined : 2));
  const member = await broker.connect({
    clientId: "member",
    autoAck: false,
    properties: { sessionExpiryInterval: 60 },
  });
  const barred = await broker.connect({ clientId: "barred" });
  await member.subscribe({ filter: "$share/g/a", qos: 1 });
  await barred.subscribe({ filter: "$share/g/a", qos: 1 });
  const publisher = await broker.connect();
  await publisher.publish("a", "x", { qos: 1 });
  await member.next("publish");
  member.drop();
  await barred.nothing();
  const back = await broker.connect({
    clientId: "member",
    cleanStart: false,
    properties: { sessionExpiryInterval: 60 },
  });
  expect(await back.next("publish")).toMatchObject({ topic: "a", text: "x" });
});

test("asks again when told that its answers changed, and no more when it is removed", async () => {
  let open = false;
  const { broker, handle } = await brokerWith(() => (open ? 2 : undefined));
  const subscriber = await broker.connect();
  await subscriber.subscribe("a");
  const publisher = await broker.connect();
  await publisher.publish("a", "before");
  open = true;
  handle().changed();
  await publisher.publish("a", "open");
  expect(await subscriber.next("publish")).toMatchObject({ text: "open" });
  open = false;
  handle().remove();
  await publisher.publish("a", "without a filter");
  expect(await subscriber.next("publish")).toMatchObject({ text: "without a filter" });
});

test("withholds a message when the filter fails", async () => {
  const { broker } = await brokerWith(() => {
    throw new Error("on purpose");
  });
  const subscriber = await broker.connect();
  await subscriber.subscribe("a");
  await (await broker.connect()).publish("a", "x", { qos: 1 });
  await subscriber.nothing();
  expect(broker.log).toContainEqual(expect.objectContaining({ message: "delivery filter failed, message withheld" }));
});
