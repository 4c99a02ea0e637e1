/** Members of shared subscriptions that are full, away or gone: where their messages go (MQTT 5.0 section 4.8.2). */

import type { TestBroker, TestClient } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

const session = { cleanStart: false, properties: { sessionExpiryInterval: 600 } } as const;

function texts(client: TestClient): string[] {
  return client.received.flatMap((packet) => (packet.type === 3 ? [packet.text] : []));
}

async function publishMany(broker: TestBroker, from: number, to: number, qos: 0 | 1 | 2 = 1): Promise<string[]> {
  const publisher = await broker.connect();
  const sent: string[] = [];
  for (let number = from; number < to; number++) sent.push(`m${number}`);
  for (const text of sent) await publisher.publish("a", text, { qos });
  await broker.idle();
  return sent;
}

describe.each(stores)("members of a shared subscription, with the $name store", ({ start }) => {
  it("whose receive maximum is used up are passed over while another one has room [hard case 34]", async () => {
    const broker = await start();
    const slow = await broker.connect({ autoAck: false, properties: { receiveMaximum: 2 } });
    const quick = await broker.connect();
    for (const member of [slow, quick]) await member.subscribe({ filter: "$share/g/a", qos: 1 });
    const sent = await publishMany(broker, 0, 20);
    expect(texts(slow)).toHaveLength(2);
    expect([...texts(slow), ...texts(quick)].toSorted()).toEqual(sent.toSorted());
  });

  it("all full: messages wait in turn, and come when there is room again", async () => {
    const broker = await start();
    const members = [];
    for (let count = 0; count < 2; count++) {
      const member = await broker.connect({ autoAck: false, properties: { receiveMaximum: 1 } });
      await member.subscribe({ filter: "$share/g/a", qos: 1 });
      members.push(member);
    }
    const sent = await publishMany(broker, 0, 6);
    for (let round = 0; round < 3; round++) {
      for (const member of members) {
        const { packetId } = await member.next("publish");
        member.send("puback", { packetId });
      }
    }
    await broker.idle();
    expect(members.flatMap(texts).toSorted()).toEqual(sent.toSorted());
  });

  it("that are away get nothing while one is connected [hard case 34]", async () => {
    const broker = await start();
    const away = await broker.connect({ ...session, clientId: "away" });
    const here = await broker.connect();
    for (const member of [away, here]) await member.subscribe({ filter: "$share/g/a", qos: 1 });
    await away.drop();
    const sent = await publishMany(broker, 0, 10);
    expect(texts(here)).toEqual(sent);
    await (await broker.connect({ ...session, clientId: "away" })).nothing();
  });

  it("all away: the messages wait for them, none is lost [hard case 34]", async () => {
    const broker = await start();
    for (const clientId of ["one", "two"]) {
      const member = await broker.connect({ ...session, clientId });
      await member.subscribe({ filter: "$share/g/a", qos: 1 });
      await member.drop();
    }
    const sent = await publishMany(broker, 0, 10);
    const one = await broker.connect({ ...session, clientId: "one" });
    const two = await broker.connect({ ...session, clientId: "two" });
    await broker.idle();
    expect([one, two].flatMap(texts).toSorted()).toEqual(sent.toSorted());
  });

  it("that are cut off hand QoS 1 in progress and what waited to connected ones, in order [hard case 34]", async () => {
    const broker = await start();
    const breaking = await broker.connect({
      ...session,
      clientId: "breaking",
      autoAck: false,
      properties: { receiveMaximum: 2, sessionExpiryInterval: 600 },
    });
    await breaking.subscribe({ filter: "$share/g/a", qos: 1 });
    const sent = await publishMany(broker, 0, 5);
    expect(texts(breaking)).toEqual(["m0", "m1"]);
    const other = await broker.connect();
    await other.subscribe({ filter: "$share/g/a", qos: 1 });
    await breaking.drop();
    await broker.idle();
    expect(texts(other)).toEqual(sent);
    await (await broker.connect({ ...session, clientId: "breaking" })).nothing();
  });

  it("that acknowledged a message do not have it handed on [hard case 34]", async () => {
    const broker = await start();
    const breaking = await broker.connect({ ...session, autoAck: false });
    await breaking.subscribe({ filter: "$share/g/a", qos: 1 });
    await publishMany(broker, 0, 2);
    const { packetId } = await breaking.next("publish");
    breaking.send("puback", { packetId });
    await broker.idle();
    const other = await broker.connect();
    await other.subscribe({ filter: "$share/g/a", qos: 1 });
    await breaking.drop();
    await broker.idle();
    expect(texts(other)).toEqual(["m1"]);
  });

  it("finish a QoS 2 exchange themselves when they are back [MQTT-4.8.2-4] [hard case 34]", async () => {
    const broker = await start();
    const options = { ...session, clientId: "breaking", autoAck: false };
    const breaking = await broker.connect(options);
    await breaking.subscribe({ filter: "$share/g/a", qos: 2 });
    await publishMany(broker, 0, 1, 2);
    const { packetId } = await breaking.next("publish");
    const other = await broker.connect();
    await other.subscribe({ filter: "$share/g/a", qos: 2 });
    await breaking.drop();
    await other.nothing();
    const back = await broker.connect(options);
    expect(await back.next("publish")).toMatchObject({ text: "m0", packetId, dup: true });
    back.send("pubrec", { packetId });
    await back.next("pubrel");
    back.send("pubcomp", { packetId });
    await back.nothing();
    await other.nothing();
  });

  it("whose session ends give QoS 1 to another, even one that is away, and QoS 2 in progress to nobody [MQTT-4.8.2-5] [hard case 34]", async () => {
    const broker = await start();
    const away = await broker.connect({ ...session, clientId: "away" });
    await away.subscribe({ filter: "$share/g/a", qos: 2 });
    const ending = await broker.connect({ autoAck: false });
    await ending.subscribe({ filter: "$share/g/a", qos: 2 });
    await away.drop();
    await publishMany(broker, 1, 2, 1);
    await publishMany(broker, 2, 3, 2);
    expect(texts(ending)).toEqual(["m1", "m2"]);
    await ending.drop();
    const back = await broker.connect({ ...session, clientId: "away" });
    expect(await back.next("publish")).toMatchObject({ text: "m1", dup: false });
    await back.nothing();
  });

  it("that refuse a message keep it from everybody else [MQTT-4.8.2-6] [hard case 34]", async () => {
    const broker = await start();
    const refusing = await broker.connect({ autoAck: false });
    await refusing.subscribe({ filter: "$share/g/a", qos: 2 });
    await publishMany(broker, 0, 1, 1);
    await publishMany(broker, 1, 2, 2);
    const other = await broker.connect();
    await other.subscribe({ filter: "$share/g/a", qos: 2 });
    const first = await refusing.next("publish");
    refusing.send("puback", { packetId: first.packetId, reasonCode: 0x83 });
    const second = await refusing.next("publish");
    refusing.send("pubrec", { packetId: second.packetId, reasonCode: 0x83 });
    await refusing.nothing();
    await other.nothing();
    await refusing.drop();
    await other.nothing();
  });

  it("whose session expires hand on what waited [hard case 34]", async () => {
    const broker = await start();
    for (const [clientId, sessionExpiryInterval] of [
      ["short", 10],
      ["long", 600],
    ] as const) {
      const member = await broker.connect({ clientId, cleanStart: false, properties: { sessionExpiryInterval } });
      await member.subscribe({ filter: "$share/g/a", qos: 1 });
      await member.drop();
    }
    const sent = await publishMany(broker, 0, 6);
    await broker.advance(60_000);
    const long = await broker.connect({ ...session, clientId: "long" });
    await broker.idle();
    expect(texts(long).toSorted()).toEqual(sent.toSorted());
  });

  it("that stop reading get no QoS 0 messages while another one reads", async () => {
    const broker = await start({ config: { limits: { maxUnsentBytes: 65_536 } } });
    const frozen = await broker.connect();
    const reading = await broker.connect();
    for (const member of [frozen, reading]) await member.subscribe("$share/g/a");
    frozen.freeze();
    const publisher = await broker.connect();
    const payload = "x".repeat(1_000);
    for (let count = 0; count < 500; count++) {
      await publisher.publish("a", payload);
      if (count % 20 === 19) await broker.idle();
    }
    // The frozen one takes what its buffers hold; everything else goes to the other, and nothing is lost.
    const before = texts(reading).length;
    frozen.thaw();
    await broker.idle();
    expect(before + texts(frozen).length).toBe(500);
    expect(before).toBeGreaterThan(250);
  });
});
