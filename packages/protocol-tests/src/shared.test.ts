/** Shared subscriptions: who gets a message (MQTT 5.0 section 4.8.2). */

import type { TestBroker, TestClient } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

function texts(client: TestClient): string[] {
  return client.received.flatMap((packet) => (packet.type === 3 ? [packet.text] : []));
}

async function publishMany(broker: TestBroker, topic: string, count: number, qos: 0 | 1 | 2 = 0): Promise<string[]> {
  const publisher = await broker.connect();
  const sent = Array.from({ length: count }, (_, index) => `m${index}`);
  for (const text of sent) await publisher.publish(topic, text, { qos });
  await broker.idle();
  return sent;
}

describe.each(stores)("shared subscriptions, with the $name store", ({ start }) => {
  it.each([0, 1, 2] as const)(
    "give each message of QoS %s to one member, all members alike [MQTT-4.8.2-3] [hard case 34]",
    async (qos) => {
      const broker = await start();
      const members = [await broker.connect(), await broker.connect(), await broker.connect({ version: 4 })];
      for (const member of members) await member.subscribe({ filter: "$share/g/a/+", qos });
      const sent = await publishMany(broker, "a/b", 30, qos);
      expect(members.flatMap(texts).toSorted()).toEqual(sent.toSorted());
      for (const member of members) expect(texts(member)).toHaveLength(10);
    },
  );

  it("deliver each message once per group, and to plain subscriptions besides [hard case 34]", async () => {
    const broker = await start();
    const first = [await broker.connect(), await broker.connect()];
    const second = [await broker.connect(), await broker.connect()];
    for (const member of first) await member.subscribe("$share/first/a");
    for (const member of second) await member.subscribe("$share/second/a");
    const plain = await broker.connect();
    await plain.subscribe("a");
    const both = await broker.connect();
    await both.subscribe(["a", "$share/third/a"]);
    const sent = await publishMany(broker, "a", 10);
    expect(first.flatMap(texts).toSorted()).toEqual(sent.toSorted());
    expect(second.flatMap(texts).toSorted()).toEqual(sent.toSorted());
    expect(texts(plain)).toEqual(sent);
    expect(texts(both).toSorted()).toEqual([...sent, ...sent].toSorted());
  });

  it("are one group only with the same name and the same filter", async () => {
    const broker = await start();
    const members = [];
    for (const filter of ["$share/g/a", "$share/G/a", "$share/g/+", "$share/g/#"]) {
      const member = await broker.connect();
      await member.subscribe(filter);
      members.push(member);
    }
    const sent = await publishMany(broker, "a", 3);
    for (const member of members) expect(texts(member)).toEqual(sent);
  });

  it("respect the QoS and identifier of each member [MQTT-4.8.2-3] [hard case 33]", async () => {
    const broker = await start();
    const members = [await broker.connect(), await broker.connect(), await broker.connect()];
    for (const [index, member] of members.entries()) {
      const qos = index as 0 | 1 | 2;
      await member.subscribe({ filter: "$share/g/a", qos }, { subscriptionIdentifier: index + 1 });
    }
    await publishMany(broker, "a", 9, 2);
    for (const [index, member] of members.entries()) {
      const got = member.received.flatMap((packet) => (packet.type === 3 ? [packet] : []));
      expect(got).toHaveLength(3);
      for (const packet of got)
        expect(packet).toMatchObject({ qos: index, properties: { subscriptionIdentifiers: [index + 1] } });
    }
  });

  it("get no retained messages, whatever their retain handling [hard case 31]", async () => {
    const broker = await start();
    await (await broker.connect()).publish("a", "kept", { retain: true, qos: 1 });
    const client = await broker.connect();
    for (const retainHandling of [0, 1] as const) {
      await client.subscribe({ filter: "$share/g/a", retainHandling });
      await client.nothing();
    }
  });

  it("keep retain as published per member", async () => {
    const broker = await start();
    const client = await broker.connect();
    for (const retainAsPublished of [true, false]) {
      await client.subscribe({ filter: "$share/g/a", retainAsPublished });
      await (await broker.connect()).publish("a", "text", { retain: true });
      expect(await client.next("publish")).toMatchObject({ retain: retainAsPublished });
    }
  });

  it("pass over $ topics with a wildcard first, and may name them [MQTT-4.7.2-1] [hard case 33]", async () => {
    const broker = await start();
    const wild = await broker.connect();
    await wild.subscribe(["$share/g/#", "$share/g/+/a"]);
    const named = await broker.connect();
    await named.subscribe("$share/g/$own/a");
    await (await broker.connect()).publish("$own/a", "text");
    expect(await named.next("publish")).toMatchObject({ text: "text" });
    await wild.nothing();
  });

  it.each([
    "$share/",
    "$share//a",
    "$share/g",
    "$share/g/",
    "$share/g+/a",
    "$share/g#/a",
    "$share/+/a",
    "$share/#",
    "$share/g/a#",
    "$share/g/#/a",
  ])("parse %s strictly: refused [MQTT-4.8.2-1] [MQTT-4.8.2-2] [hard case 33]", async (filter) => {
    const broker = await start();
    const client = await broker.connect();
    client.send("subscribe", {
      packetId: 1,
      subscriptions: [{ filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    });
    await broker.idle();
    const [answer] = client.unread;
    if (answer?.type === 14) expect([0x81, 0x82, 0x8f]).toContain(answer.reasonCode);
    else expect(answer).toMatchObject({ type: 9, reasonCodes: [0x8f] });
  });

  it.each([
    ["$share/g//a", "/a"],
    ["$share/g//", "/"],
    ["$share/$g/a", "a"],
    ["$share/ /a b", "a b"],
  ])("parse %s strictly: it stands for %s [MQTT-4.8.2-2] [hard case 33]", async (filter, topic) => {
    const broker = await start();
    const client = await broker.connect();
    expect((await client.subscribe(filter)).reasonCodes).toEqual([0]);
    await (await broker.connect()).publish(topic, "text");
    expect(await client.next("publish")).toMatchObject({ topic });
  });

  it("are another thing than topics that begin with $SHARE or are $share", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe(["$SHARE/g/a", "$share"]);
    const publisher = await broker.connect();
    await publisher.publish("a", "no");
    for (const topic of ["$SHARE/g/a", "$share"]) {
      await publisher.publish(topic, "yes");
      expect(await client.next("publish")).toMatchObject({ topic });
    }
    await client.nothing();
  });

  it("end for one who unsubscribes: the others get everything [hard case 34]", async () => {
    const broker = await start();
    const leaving = await broker.connect();
    const staying = await broker.connect();
    for (const member of [leaving, staying]) await member.subscribe("$share/g/a");
    expect((await leaving.unsubscribe("$share/g/a")).reasonCodes).toEqual([0]);
    const sent = await publishMany(broker, "a", 6);
    expect(texts(staying)).toEqual(sent);
    await leaving.nothing();
    await staying.unsubscribe("$share/g/a");
    await publishMany(broker, "a", 1);
    expect(texts(staying)).toEqual(sent);
  });

  it("are told a publisher who is a member, too, of his own messages", async () => {
    const broker = await start();
    const client = await broker.connect();
    await client.subscribe("$share/g/a");
    await client.publish("a", "mine");
    expect(await client.next("publish")).toMatchObject({ text: "mine" });
  });
});
