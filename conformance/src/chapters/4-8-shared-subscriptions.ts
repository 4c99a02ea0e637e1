/** Chapter 4.8: shared subscriptions. */

import { ack, subscribe } from "../bytes/packets.ts";
import type { Client } from "../client/client.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, LASTING, subscriber } from "./common.ts";

/** The member that has the next message, and the message. */
async function whoever(members: readonly Client[]): Promise<number> {
  for (let round = 0; round < 50; round++) {
    for (const member of members) await member.ping();
    const index = members.findIndex(({ inbox }) => inbox.some(({ name }) => name === "publish"));
    if (index >= 0) return index;
  }
  throw new Error("no member got the message");
}

export const sharedSubscriptions: TestCase[] = chapter("4.8 Shared subscriptions", (test) => {
  test("grants shared filters that are right and none that are wrong", { v5: "4.8.2-1 4.8.2-2" }, async (t) => {
    for (const filter of [
      "$share/g/t",
      "$share/g/#",
      "$share/g/+/a",
      "$share/g//finance",
      "$share/g//",
      "$share/$x/t",
      "$share/ /t",
    ]) {
      await (await t.connect()).subscribe([filter, 0]);
    }
    await each(
      [
        "$share//t",
        "$share/",
        "$share/g",
        "$share",
        "$share/g/",
        "$share/g+/t",
        "$share/#/t",
        "$share/+/t",
        "$share/g#/t",
        "$share/g/a#",
        "$share/g/#/a",
      ],
      async (filter) => {
        const client = await t.connect();
        client.send(subscribe(5, 1, [[filter, 0]]));
        const answer = await client.next().catch(() => undefined);
        if (answer?.name === "suback")
          t.ok(filter === "$share" ? true : answer.codes[0] === 0x8f, `SUBACK ${answer.codes[0]}`);
        else await client.refused(0x8f, ...FAULTS);
      },
    );
  });

  test("matches the part behind the name, empty levels too", { v5: "4.8.2-1 4.8.2-2 4.7.2-1" }, async (t) => {
    const client = await subscriber(t, `$share/g//${t.topic}/+`);
    await client.publish(`${t.topic}/a`, "wrong");
    await client.publish(`/${t.topic}/a`, "right");
    t.equal((await client.message()).text, "right", "message");
    await client.quiet();
  });

  test("gives each message to one member, to every group, and to plain subscriptions", {
    v5: "G20-20 4.8.2-3",
  }, async (t) => {
    const group = [
      await subscriber(t, `$share/g/${t.topic}`),
      await subscriber(t, `$share/g/${t.topic}`),
      await subscriber(t, `$share/g/${t.topic}`),
    ];
    const other = await subscriber(t, `$share/h/${t.topic}`);
    const plain = await subscriber(t, t.topic);
    const publisher = await t.connect();
    const texts = Array.from({ length: 30 }, (_, index) => `${index}`.padStart(2, "0"));
    for (const text of texts) await publisher.publish(t.topic, text, { qos: 1 });
    const received = [];
    for (const member of group) received.push(...(await member.drain()));
    t.equal(t.texts(received), texts, "messages of the group");
    t.equal(t.texts(await other.drain()), texts, "messages of the other group");
    t.equal(t.texts(await plain.drain()), texts, "messages of the plain subscription");
  });

  test("gives a session with both kinds of subscription both copies", { v5: "G20-20" }, async (t) => {
    const client = await t.connect();
    await client.subscribe([`$share/g/${t.topic}`, t.topic]);
    await client.publish(t.topic, "x", { qos: 1 });
    const found = await client.drain();
    t.ok(found.length >= 1 && found.length <= 2, `${found.length} copies`);
  });

  test("sends no retained messages to shared subscriptions", { v5: "G20-19" }, async (t) => {
    const publisher = await t.connect();
    await publisher.publish(t.topic, "kept", { retain: true });
    const client = await t.connect();
    for (const handling of [0, 0x10]) {
      await client.subscribe([`$share/g/${t.topic}`, handling | 1]);
      await client.quiet();
    }
  });

  test("delivers at the QoS of the member", { v5: "4.8.2-3" }, async (t) => {
    const members = [
      await subscriber(t, [`$share/g/${t.topic}`, 0]),
      await subscriber(t, [`$share/g/${t.topic}`, 1]),
      await subscriber(t, [`$share/g/${t.topic}`, 2]),
    ];
    const publisher = await t.connect();
    for (const qos of [1, 2])
      for (let index = 0; index < 9; index++) await publisher.publish(t.topic, `${qos}`, { qos });
    let count = 0;
    for (const [granted, member] of members.entries()) {
      for (const found of await member.drain()) {
        t.equal(found.qos, Math.min(granted, Number(found.text)), "QoS");
        count++;
      }
    }
    t.equal(count, 18, "messages");
  });

  test("finishes a QoS 2 message with the member it was sent to", { v5: "4.8.2-4" }, async (t) => {
    const ids = [t.clientId(), t.clientId()];
    const members = [];
    for (const id of ids) members.push(await subscriber(t, `$share/g/${t.topic}`, { ...LASTING, id }));
    const publisher = await t.connect();
    await publisher.publish(t.topic, "x", { qos: 2 });
    const who = await whoever(members);
    const [member, other] = [members[who] as Client, members[1 - who] as Client];
    const first = await member.take("publish");
    await member.drop();
    await t.sleep(300);
    await other.quiet();
    const again = await t.connect({ ...LASTING, id: ids[who] ?? "" });
    const found = await again.take("publish");
    t.equal([found.id, found.dup, found.text], [first.id, true, "x"], "the message again");
    await again.acknowledge(found);
    await other.quiet();
  });

  test(
    "gives a QoS 2 message to nobody else when its member's session ends",
    { v5: "4.8.2-5" },
    async (t) => {
      for (const clean of [true, false]) {
        const topic = `${t.topic}/${clean}`;
        const ids = [t.clientId(), t.clientId()];
        const members = [];
        for (const id of ids)
          members.push(await subscriber(t, `$share/g/${topic}`, { id, clean: false, expiry: clean ? 60 : 1 }));
        const publisher = await t.connect();
        await publisher.publish(topic, "x", { qos: 2 });
        const who = await whoever(members);
        const [member, other] = [members[who] as Client, members[1 - who] as Client];
        const first = await member.take("publish");
        member.send(ack(0x50, first.id));
        await member.take("pubrel");
        await publisher.publish(topic, "y", { qos: 2 });
        await publisher.publish(topic, "z", { qos: 2 });
        await member.ping();
        const held = member.inbox.filter(({ name }) => name === "publish").map(({ text }) => text);
        await member.drop();
        if (clean) await t.connect({ id: ids[who] ?? "", clean: true });
        else await t.sleep(2300);
        const found = (await other.drain()).map(({ text }) => text);
        for (const text of ["x", ...held]) t.ok(!found.includes(text), `${text} was sent to another member`);
      }
    },
    { seconds: 3 },
  );

  test("discards a message that a member refuses", { v5: "4.8.2-6 4.4.0-2" }, async (t) => {
    const members = [await subscriber(t, `$share/g/${t.topic}`), await subscriber(t, `$share/g/${t.topic}`)];
    const publisher = await t.connect();
    for (const qos of [1, 2, 1, 2]) {
      await publisher.publish(t.topic, "x", { qos });
      const who = await whoever(members);
      const member = members[who] as Client;
      const found = await member.take("publish");
      member.send(ack(qos === 1 ? 0x40 : 0x50, found.id, 0x80));
      for (const one of members) await one.quiet();
    }
  });

  test("hands unacknowledged QoS 1 messages on when their member's session ends", { v5: "G20-22" }, async (t) => {
    t.needs(t.ours, "the standard leaves the time to the broker");
    const members = [await subscriber(t, `$share/g/${t.topic}`), await subscriber(t, `$share/g/${t.topic}`)];
    const publisher = await t.connect();
    await publisher.publish(t.topic, "x", { qos: 1 });
    const who = await whoever(members);
    await (members[who] as Client).take("publish");
    await (members[who] as Client).drop();
    t.equal((await (members[1 - who] as Client).message()).text, "x", "message at the other member");
  });

  test("leaves a group with UNSUBSCRIBE and with the session, and only that group", { v5: "G20-21" }, async (t) => {
    const [first, second, third] = [
      await t.connect(),
      await subscriber(t, `$share/g/${t.topic}`),
      await subscriber(t, `$share/g/${t.topic}`),
    ];
    await first.subscribe([`$share/g/${t.topic}`, `$share/h/${t.topic}`]);
    const publisher = await t.connect();
    await first.unsubscribe(`$share/g/${t.topic}`);
    await third.drop();
    for (let index = 0; index < 6; index++) await publisher.publish(t.topic, `${index}`, { qos: 1 });
    t.equal((await second.drain()).length, 6, "messages of the one who stayed");
    t.equal((await first.drain()).length, 6, "messages of the other group");
    await second.unsubscribe(`$share/g/${t.topic}`);
    await publisher.publish(t.topic, "x", { qos: 1 });
    await second.quiet();
    t.equal((await first.drain()).length, 1, "messages of the other group");
  });

  test("prefers members that are connected", { v5: "G21-25" }, async (t) => {
    t.needs(t.ours, "the choice is the broker's");
    const away = await subscriber(t, `$share/g/${t.topic}`, LASTING);
    const here = await subscriber(t, `$share/g/${t.topic}`);
    await away.drop();
    const publisher = await t.connect();
    for (let index = 0; index < 10; index++) await publisher.publish(t.topic, `${index}`, { qos: 1 });
    t.equal((await here.drain()).length, 10, "messages");
  });
});
