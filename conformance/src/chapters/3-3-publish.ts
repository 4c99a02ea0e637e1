/** Chapter 3.3: PUBLISH, its flags, properties and what the broker does with them. */

import { bytes, hex, packet, str, u16 } from "../bytes/bytes.ts";
import { ack, pingreq, publish, subscribe, unsubscribe } from "../bytes/packets.ts";
import { P, type Property, property, rawProperties } from "../bytes/properties.ts";
import type { Packet } from "../client/packet.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, fatal, LASTING, subscriber } from "./common.ts";

/** What a publisher may say about a message, all of it. */
const DESCRIBED: readonly Property[] = [
  [P.payloadFormat, 1],
  [P.contentType, "application/json; x"],
  [P.responseTopic, "answers/to me"],
  [P.correlationData, hex("00 01 ff 00")],
  [P.user, ["b", "1"]],
  [P.user, ["a", "2"]],
  [P.user, ["b", "3"]],
  [P.user, ["", ""]],
];

/** The properties as they should arrive: the pairs in order, the others in any. */
function shown(packet: Packet): string {
  const hexed = packet.properties.map(([id, value]) => [id, Buffer.isBuffer(value) ? value.toString("hex") : value]);
  return JSON.stringify([hexed.filter(([id]) => id !== P.user).sort(), hexed.filter(([id]) => id === P.user)]);
}

const WANTED = JSON.stringify([
  [
    [P.payloadFormat, 1],
    [P.contentType, "application/json; x"],
    [P.responseTopic, "answers/to me"],
    [P.correlationData, "0001ff00"],
  ].sort(),
  [
    [P.user, ["b", "1"]],
    [P.user, ["a", "2"]],
    [P.user, ["b", "3"]],
    [P.user, ["", ""]],
  ],
]);

export const publishPacket: TestCase[] = chapter("3.3 PUBLISH", (test) => {
  test("sets DUP on what it sends again, and on nothing else", {
    v5: "3.3.1-1 4.3.2-3 4.3.3-3 4.4.0-1",
    v4: "3.3.1-1 4.3.2-1 4.3.3-1 4.4.0-1",
  }, async (t) => {
    const id = t.clientId();
    const first = await subscriber(t, t.topic, { ...LASTING, id });
    const publisher = await t.connect();
    for (const qos of [1, 2]) await publisher.publish(t.topic, `${qos}`, { qos });
    const before = [await first.take("publish"), await first.take("publish")];
    t.equal(
      before.map(({ dup }) => dup),
      [false, false],
      "DUP at first",
    );
    await first.drop();
    await publisher.publish(t.topic, "queued", { qos: 1 });
    const again = await t.connect({ ...LASTING, id });
    const after = [await again.take("publish"), await again.take("publish"), await again.take("publish")];
    t.equal(
      after.map(({ dup, text }) => [text, dup]),
      [
        ["1", true],
        ["2", true],
        ["queued", false],
      ],
      "DUP on resume",
    );
    t.equal(
      after.slice(0, 2).map(({ id }) => id),
      before.map(({ id }) => id),
      "identifiers",
    );
  });

  test("clears DUP on QoS 0", { v5: "3.3.1-2 4.3.1-1", v4: "3.3.1-2 4.3.1-1" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const publisher = await t.connect();
    await publisher.publish(t.topic, "x");
    t.equal((await watcher.message()).flags, 0, "flags");
    const low = await subscriber(t, [t.topic, 0]);
    await publisher.publish(t.topic, "x", { qos: 1, dup: true });
    t.equal((await low.message()).flags, 0, "flags of a lowered message");
    t.needs(t.ours, "how DUP with QoS 0 is taken is not spelled out");
    await fatal(t, publish(t.version, t.topic, "x", { dup: true }));
  });

  test("never copies the publisher's DUP", { v5: "3.3.1-3", v4: "3.3.1-3" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const publisher = await t.connect();
    for (const qos of [1, 2]) {
      await publisher.publish(t.topic, "x", { qos, dup: true });
      t.equal((await watcher.message()).dup, false, "DUP");
    }
  });

  test("refuses QoS 3", { v5: "3.3.1-4", v4: "3.3.1-4" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    for (const first of [0x36, 0x37, 0x3e, 0x3f]) {
      await fatal(t, packet(first, str(t.topic), u16(1), t.five ? 0 : [], str("x")));
    }
    await watcher.quiet();
    const late = await subscriber(t, t.topic);
    await late.quiet();
  });

  test("stores a retained message in place of the last", {
    v5: "3.3.1-5 3.3.1-9 3.8.4-8 G20-26",
    v4: "3.3.1-5 3.3.1-6 3.3.1-8 3.3.1-7 3.8.4-6",
  }, async (t) => {
    const publisher = await t.connect();
    for (const qos of [2, 1, 0]) {
      await publisher.publish(`${t.topic}/${qos}`, "A", { qos: 1, retain: true });
      await publisher.publish(`${t.topic}/${qos}`, "B", { qos, retain: true });
      for (const granted of [0, 1, 2]) {
        const watcher = await subscriber(t, [`${t.topic}/${qos}`, granted]);
        const found = await watcher.message();
        t.equal([found.text, found.retain, found.qos], ["B", true, Math.min(qos, granted)], "retained message");
        await watcher.quiet();
      }
    }
  });

  test("sends the retained message of every matching topic", { v5: "3.3.1-9", v4: "3.3.1-6" }, async (t) => {
    const publisher = await t.connect();
    for (const topic of ["a", "a/b", "a/b/c", "b"]) {
      await publisher.publish(`${t.topic}/${topic}`, topic, { retain: true });
    }
    const filters: [string, string[]][] = [
      ["a/#", ["a", "a/b", "a/b/c"]],
      ["+", ["a", "b"]],
      ["+/b", ["a/b"]],
      ["#", ["a", "a/b", "a/b/c", "b"]],
      ["c", []],
    ];
    for (const [filter, wanted] of filters) {
      const watcher = await subscriber(t, `${t.topic}/${filter}`);
      t.equal(t.texts(await watcher.drain()), wanted, `retained messages for ${filter}`);
    }
  });

  test("passes an empty retained message on and deletes the stored one", {
    v5: "3.3.1-6 3.3.1-12",
    v4: "3.3.1-10 3.3.1-9",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const publisher = await t.connect();
    await publisher.publish(t.topic, "A", { retain: true });
    await publisher.publish(t.topic, "", { retain: true });
    const found = await watcher.messages(2);
    t.equal(
      found.map(({ text, retain }) => [text, retain]),
      [
        ["A", false],
        ["", false],
      ],
      "live messages",
    );
    await (await subscriber(t, t.topic)).quiet();
  });

  test("never stores an empty message", { v5: "3.3.1-7", v4: "3.3.1-11" }, async (t) => {
    const publisher = await t.connect();
    for (const qos of [0, 1, 2]) await publisher.publish(t.topic, "", { retain: true, qos });
    await (await subscriber(t, t.topic)).quiet();
  });

  test("leaves the stored message alone without RETAIN", { v5: "3.3.1-8", v4: "3.3.1-12" }, async (t) => {
    const publisher = await t.connect();
    await publisher.publish(t.topic, "A", { retain: true });
    await publisher.publish(t.topic, "B");
    await publisher.publish(t.topic, "", { qos: 1 });
    const watcher = await subscriber(t, t.topic);
    t.equal((await watcher.message()).text, "A", "retained message");
    await watcher.quiet();
  });

  test("keeps retained messages beyond their publisher's session", { v4: "3.1.2-7", v5: "3.3.1-5" }, async (t) => {
    const publisher = await t.connect();
    await publisher.publish(t.topic, "A", { retain: true, qos: 1 });
    await publisher.disconnect();
    t.equal((await (await subscriber(t, t.topic)).message()).text, "A", "retained message");
  });

  test("sends retained messages at every subscribe with Retain Handling 0", {
    v5: "3.3.1-9 3.8.4-4",
    v4: "3.8.4-3",
  }, async (t) => {
    const watcher = await t.connect();
    await watcher.publish(t.topic, "A", { retain: true });
    for (let round = 0; round < 2; round++) {
      await watcher.subscribe([t.topic, 0], t.five ? [[P.subscriptionId, 7]] : []);
      const found = await watcher.message();
      t.equal([found.text, found.retain], ["A", true], "retained message");
      if (t.five) t.equal(found.prop(P.subscriptionId), 7, "subscription identifier");
    }
    await watcher.quiet();
  });

  test("sends retained messages only for new subscriptions with Retain Handling 1", {
    v5: "3.3.1-10 G21-1",
  }, async (t) => {
    const id = t.clientId();
    const watcher = await t.connect({ ...LASTING, id });
    await watcher.publish(t.topic, "A", { retain: true });
    await watcher.subscribe([t.topic, 0x10]);
    t.equal((await watcher.message()).text, "A", "the first time");
    await watcher.subscribe([t.topic, 0x11]);
    await watcher.quiet();
    await watcher.drop();
    const again = await t.connect({ ...LASTING, id });
    await again.subscribe([t.topic, 0x10]);
    await again.quiet();
    await again.unsubscribe(t.topic);
    await again.subscribe([t.topic, 0x10]);
    t.equal((await again.message()).text, "A", "after UNSUBSCRIBE");
    await again.drop();
    const clean = await t.connect({ id, clean: true });
    await clean.subscribe([t.topic, 0x10]);
    t.equal((await clean.message()).text, "A", "after Clean Start");
  });

  test("sends no retained messages with Retain Handling 2", { v5: "3.3.1-11" }, async (t) => {
    const watcher = await t.connect();
    await watcher.publish(t.topic, "A", { retain: true });
    await watcher.subscribe([t.topic, 0x20]);
    await watcher.quiet();
    await watcher.publish(t.topic, "B");
    t.equal((await watcher.message()).text, "B", "live message");
  });

  test("clears RETAIN for live subscriptions", { v5: "3.3.1-12", v4: "3.3.1-9" }, async (t) => {
    const id = t.clientId();
    const [live, away] = [await subscriber(t, t.topic), await subscriber(t, t.topic, { ...LASTING, id })];
    await away.drop();
    const publisher = await t.connect();
    await publisher.publish(t.topic, "A", { retain: true, qos: 1 });
    t.equal((await live.message()).retain, false, "RETAIN");
    t.equal((await (await t.connect({ ...LASTING, id })).message()).retain, false, "RETAIN of the queued message");
  });

  test("keeps RETAIN with Retain As Published", { v5: "3.3.1-13 3.3.1-12" }, async (t) => {
    const id = t.clientId();
    const [live, away] = [
      await subscriber(t, [t.topic, 0x09]),
      await subscriber(t, [t.topic, 0x09], { ...LASTING, id }),
    ];
    await away.drop();
    const publisher = await t.connect();
    for (const retain of [true, false]) await publisher.publish(t.topic, "A", { retain, qos: 1 });
    t.equal(
      (await live.messages(2)).map(({ retain }) => retain),
      [true, false],
      "RETAIN",
    );
    const back = await t.connect({ ...LASTING, id });
    t.equal(
      (await back.messages(2)).map(({ retain }) => retain),
      [true, false],
      "RETAIN of the queued messages",
    );
  });

  test("refuses topic names that run past the packet, and empty ones", {
    v5: "3.3.2-1 4.7.3-1 G20-8",
    v4: "3.3.2-1 4.7.3-1",
  }, async (t) => {
    await fatal(t, hex("30 04 0005 6161"));
    await fatal(t, hex("30 01 00"));
    await fatal(t, hex("30 00"));
    await fatal(t, publish(t.version, "", "x"), [0x81, 0x82, 0x90, 0x94]);
    if (t.five) await fatal(t, publish(5, "", "x", { props: [[P.topicAlias, 1]] }), [0x81, 0x82, 0x94]);
  });

  test("passes no message on whose topic has wildcards", {
    v5: "3.3.2-2 4.7.0-1",
    v4: "3.3.2-2 4.7.1-1",
  }, async (t) => {
    const watcher = await subscriber(t, `${t.topic}/#`);
    await each(["+", "#", "a+b", "a/#", "a#", "+/b"], async (name) => {
      const client = await t.connect();
      const id = client.publishOnly(`${t.topic}/${name}`, "x", { qos: 1, retain: true });
      const answer = await client.next().catch(() => undefined);
      // Closed, told in a DISCONNECT, or told in the PUBACK.
      if (answer?.name === "puback") t.ok(!t.five || answer.code === 0x90, `PUBACK ${id} with code ${answer.code}`);
      else await client.refused(0x90, ...FAULTS);
    });
    await watcher.quiet();
    await (await subscriber(t, `${t.topic}/#`)).quiet();
  });

  test("delivers under the topic name that was published", {
    v5: "3.3.2-3 3.3.2-1",
    v4: "3.3.2-3 3.3.2-1",
  }, async (t) => {
    const watcher = await subscriber(t, `${t.topic}/#`);
    const publisher = await t.connect();
    for (const name of ["a", "a/b", "/", "a//b", "ä/ö", " ", "$x"]) {
      await publisher.publish(`${t.topic}/${name}`, "x");
      t.equal((await watcher.message()).topic, `${t.topic}/${name}`, "topic");
    }
  });

  test("passes all properties on unchanged: live, queued and retained", {
    v5: "3.3.2-4 3.3.2-15 3.3.2-16 3.3.2-17 3.3.2-18 3.3.2-20 3.3.2-13 3.3.2-19",
  }, async (t) => {
    const id = t.clientId();
    const [live, away] = [await subscriber(t, t.topic), await subscriber(t, t.topic, { ...LASTING, id })];
    await away.drop();
    const publisher = await t.connect();
    await publisher.publish(t.topic, "x", { qos: 1, retain: true, props: DESCRIBED });
    const late = await subscriber(t, t.topic);
    for (const client of [live, await t.connect({ ...LASTING, id }), late])
      t.equal(shown(await client.message()), WANTED, "properties");
  });

  test("passes payload format and correlation data of all kinds on", { v5: "3.3.2-4 3.3.2-16" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    await watcher.publish(t.topic, "x", { props: [[P.payloadFormat, 0]] });
    t.oneOf((await watcher.message()).prop(P.payloadFormat), [0, undefined], "payload format");
    await watcher.publish(t.topic, "x");
    t.oneOf((await watcher.message()).prop(P.payloadFormat), [0, undefined], "payload format");
    for (const length of [0, 1, 65535]) {
      await watcher.publish(t.topic, "x", { props: [[P.correlationData, Buffer.alloc(length, 7)]] });
      t.equal((await watcher.message()).prop(P.correlationData), Buffer.alloc(length, 7), "correlation data");
    }
  });

  test("refuses property values out of range, twice, or out of place", {
    v5: "3.3.2-4 G20-1 G20-2 G21-4 3.3.2-8",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const twice = (id: number, value: string | number): Buffer =>
      rawProperties(property(id, value), property(id, value));
    const blocks: [Buffer, number[]][] = [
      [rawProperties(property(P.payloadFormat, 2)), [...FAULTS, 0x99]],
      [twice(P.payloadFormat, 1), [...FAULTS]],
      [twice(P.messageExpiry, 10), [...FAULTS]],
      [twice(P.contentType, "a"), [...FAULTS]],
      [twice(P.responseTopic, "a"), [...FAULTS]],
      [twice(P.correlationData, "a"), [...FAULTS]],
      [twice(P.topicAlias, 1), [...FAULTS]],
      [rawProperties(property(P.topicAlias, 0)), [0x94, ...FAULTS]],
      [rawProperties(property(P.sessionExpiry, 1)), [...FAULTS]],
      [rawProperties(property(P.reasonString, "a")), [...FAULTS]],
      [rawProperties(0x00, 1), [...FAULTS]],
      [rawProperties(0x7e), [...FAULTS]],
      [bytes(5, property(P.payloadFormat, 1)), [...FAULTS]],
      [rawProperties(P.contentType, 0, 5, 97), [...FAULTS]],
    ];
    await each(blocks, ([rawProps, codes]) => fatal(t, publish(5, t.topic, "", { rawProps }), codes));
    await watcher.quiet();
  });

  test(
    "drops a message that expired before its delivery began",
    { v5: "3.3.2-5" },
    async (t) => {
      const id = t.clientId();
      const away = await subscriber(t, t.topic, { ...LASTING, id });
      await away.drop();
      const waiting = await subscriber(t, t.topic, { receiveMaximum: 1 });
      const publisher = await t.connect();
      await publisher.publish(t.topic, "holds the window", { qos: 1 });
      await publisher.publish(t.topic, "expires", { qos: 1, retain: true, props: [[P.messageExpiry, 1]] });
      await publisher.publish(t.topic, "stays", { qos: 1, props: [[P.messageExpiry, 100]] });
      await t.sleep(2300);
      const late = await subscriber(t, t.topic);
      await late.quiet();
      const back = await t.connect({ ...LASTING, id });
      t.equal(
        (await back.messages(2)).map(({ text }) => text),
        ["holds the window", "stays"],
        "queued messages",
      );
      await back.quiet();
      t.equal(
        (await waiting.messages(2)).map(({ text }) => text),
        ["holds the window", "stays"],
        "messages behind the window",
      );
      await waiting.quiet();
    },
    { seconds: 3 },
  );

  test(
    "forgets a retained message when it expires",
    { v5: "3.3.2-5 G20-25" },
    async (t) => {
      const publisher = await t.connect();
      await publisher.publish(t.topic, "A", { retain: true, props: [[P.messageExpiry, 4]] });
      t.equal((await (await subscriber(t, t.topic)).message()).text, "A", "before");
      await t.sleep(5300);
      await (await subscriber(t, t.topic)).quiet();
    },
    { seconds: 5 },
  );

  test(
    "counts the expiry interval down",
    { v5: "3.3.2-6" },
    async (t) => {
      const id = t.clientId();
      const [live, away] = [await subscriber(t, t.topic), await subscriber(t, t.topic, { ...LASTING, id })];
      await away.drop();
      const publisher = await t.connect();
      const began = Date.now();
      await publisher.publish(t.topic, "x", { qos: 1, retain: true, props: [[P.messageExpiry, 100]] });
      // The interval counts whole seconds: rounded up or down, it is never more than was left, nor a second less.
      const left = (packet: Packet, waited: number): void => {
        const [value, passed] = [Number(packet.prop(P.messageExpiry)), (Date.now() - began) / 1000];
        t.ok(value <= 100 - Math.floor(waited), `${value} s left after ${waited} s`);
        t.ok(value >= 100 - Math.ceil(passed), `${value} s left after ${passed} s`);
      };
      left(await live.message(), 0);
      await t.sleep(2100);
      for (const client of [await t.connect({ ...LASTING, id }), await subscriber(t, t.topic)]) {
        left(await client.message(), 2.1);
      }
      await publisher.publish(t.topic, "x");
      t.equal((await live.message()).prop(P.messageExpiry), undefined, "without an interval");
    },
    { seconds: 3 },
  );

  test(
    "delivers a message with expiry 0 at once or never",
    { v5: "G21-19" },
    async (t) => {
      const id = t.clientId();
      const [live, away] = [await subscriber(t, t.topic), await subscriber(t, t.topic, { ...LASTING, id })];
      await away.drop();
      const publisher = await t.connect();
      await publisher.publish(t.topic, "x", { qos: 1, retain: true, props: [[P.messageExpiry, 0]] });
      t.ok((await live.drain()).length <= 1, "more than one copy");
      await t.sleep(1100);
      await (await t.connect({ ...LASTING, id })).quiet();
      await (await subscriber(t, t.topic)).quiet();
    },
    { seconds: 2 },
  );

  test("forgets topic aliases with their connection", { v5: "3.3.2-7 G20-8" }, async (t) => {
    const id = t.clientId();
    const first = await t.connect({ ...LASTING, id });
    t.needs(Number(first.connack?.prop(P.topicAliasMaximum) ?? 0) > 0, "the broker takes no aliases");
    const watcher = await subscriber(t, t.topic);
    await first.publish(t.topic, "a", { props: [[P.topicAlias, 1]] });
    await first.publish("", "b", { props: [[P.topicAlias, 1]] });
    t.equal(
      (await watcher.messages(2)).map(({ text }) => text),
      ["a", "b"],
      "messages",
    );
    await first.drop();
    const second = await t.connect({ ...LASTING, id });
    second.publishOnly("", "c", { props: [[P.topicAlias, 1]] });
    await second.refused(...FAULTS, 0x94);
    await watcher.quiet();
  });

  test("introduces its own aliases anew on every connection", { v5: "3.3.2-7 3.3.2-11 3.3.2-8" }, async (t) => {
    // The conversation refuses an alias that was not introduced on its connection.
    const id = t.clientId();
    const publisher = await t.connect();
    const first = await subscriber(t, [t.topic, 1], { ...LASTING, id, aliasMaximum: 1 });
    for (let round = 0; round < 3; round++) await publisher.publish(t.topic, "x", { qos: 1 });
    for (let round = 0; round < 3; round++) await first.take("publish");
    await first.drop();
    await publisher.publish(t.topic, "x", { qos: 1 });
    const second = await t.connect({ ...LASTING, id, aliasMaximum: 1 });
    t.equal((await second.messages(4)).length, 4, "messages");
  });

  test("refuses topic alias 0", { v5: "3.3.2-8 G20-2" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    await fatal(t, publish(5, t.topic, "x", { props: [[P.topicAlias, 0]] }), [0x94, ...FAULTS]);
    await watcher.quiet();
  });

  test("accepts every alias up to its maximum, set again too", { v5: "3.3.2-12 G20-9" }, async (t) => {
    const publisher = await t.connect();
    const limit = Number(publisher.connack?.prop(P.topicAliasMaximum) ?? 0);
    t.needs(limit > 0, "the broker takes no aliases");
    const watcher = await subscriber(t, `${t.topic}/#`);
    const aliases = [...new Set([1, Math.ceil(limit / 2), limit])];
    for (const alias of aliases)
      await publisher.publish(`${t.topic}/${alias}`, `${alias}`, { props: [[P.topicAlias, alias]] });
    for (const alias of aliases) await publisher.publish("", `${alias}`, { props: [[P.topicAlias, alias]], qos: 1 });
    for (const found of await watcher.messages(aliases.length * 2))
      t.equal(found.topic, `${t.topic}/${found.text}`, "topic");
    await publisher.publish(`${t.topic}/new`, "new", { props: [[P.topicAlias, 1]] });
    await publisher.publish("", "new", { props: [[P.topicAlias, 1]] });
    t.equal(
      (await watcher.messages(2)).map(({ topic }) => topic),
      [`${t.topic}/new`, `${t.topic}/new`],
      "topics",
    );
  });

  test("passes no response topic with wildcards on", { v5: "3.3.2-14 4.7.0-1" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    await each(["r/#", "+", "a/+/b"], async (topic) => {
      const client = await t.connect();
      client.publishOnly(t.topic, "x", { qos: 1, props: [[P.responseTopic, topic]] });
      const answer = await client.next().catch(() => undefined);
      if (answer?.name === "puback") t.equal(answer.code, 0x90, "PUBACK");
      else await client.refused(0x90, ...FAULTS);
    });
    await watcher.quiet();
  });

  test("answers a PUBLISH as its QoS asks", {
    v5: "3.3.4-1 4.3.2-4 4.3.3-8 3.4.2-1 3.5.2-1",
    v4: "3.3.4-1 4.3.2-2 4.3.3-2",
  }, async (t) => {
    const client = await t.connect();
    for (const topic of [`${t.topic}/nobody`, t.topic]) {
      client.publishOnly(topic, "x");
      client.send(pingreq());
      t.equal((await client.next()).name, "pingresp", "answer to QoS 0");
      client.publishOnly(topic, "x", { qos: 1, id: 11 });
      const one = await client.next();
      t.equal([one.name, one.id], ["puback", 11], "answer to QoS 1");
      client.publishOnly(topic, "x", { qos: 2, id: 12 });
      const two = await client.next();
      t.equal([two.name, two.id], ["pubrec", 12], "answer to QoS 2");
      t.oneOf(one.code, [0, 0x10], "PUBACK code");
      t.oneOf(two.code, [0, 0x10], "PUBREC code");
      client.send(ack(0x62, 12));
      await client.take("pubcomp");
      await subscriber(t, t.topic);
    }
  });

  test("says that nobody subscribed only when it is true", { v5: "G21-7 3.4.2-1" }, async (t) => {
    const id = t.clientId();
    const away = await subscriber(t, t.topic, { ...LASTING, id });
    await away.drop();
    const publisher = await t.connect();
    t.equal((await publisher.publish(t.topic, "x", { qos: 1 }))?.code, 0, "PUBACK with a session that waits");
    t.oneOf((await publisher.publish(`${t.topic}/nobody`, "x", { qos: 1 }))?.code, [0, 0x10], "PUBACK");
    t.oneOf((await publisher.publish(`${t.topic}/nobody`, "x", { qos: 2 }))?.code, [0, 0x10], "PUBREC");
  });

  test("delivers at the highest QoS of overlapping subscriptions", {
    v5: "3.3.4-2 G21-5",
    v4: "3.3.5-1 G21-5",
    v3: "G21-5",
  }, async (t) => {
    const watcher = await t.connect();
    await watcher.subscribe([
      [`${t.topic}/#`, 0],
      [`${t.topic}/+`, 2],
    ]);
    const publisher = await t.connect();
    await publisher.publish(`${t.topic}/a`, "x", { qos: 2 });
    const found = (await watcher.drain()).map(({ qos }) => qos).sort();
    t.oneOf(found, [[2], [0, 2]], "QoS of the copies");
  });

  test("names the subscriptions that match", { v5: "3.3.4-3 3.3.4-4 3.3.4-5" }, async (t) => {
    const watcher = await t.connect();
    await watcher.subscribe(`${t.topic}/#`, [[P.subscriptionId, 1]]);
    await watcher.subscribe(`${t.topic}/+`, [[P.subscriptionId, 268435455]]);
    await watcher.subscribe([`${t.topic}/a`, 0]);
    await watcher.subscribe(`${t.topic}/b`, [[P.subscriptionId, 5]]);
    await watcher.publish(`${t.topic}/a`, "x", { qos: 1, retain: true });
    const found = await watcher.drain();
    const ids = found.map((one) => one.props(P.subscriptionId));
    t.equal(
      ids
        .flat()
        .map(Number)
        .sort((a, b) => a - b),
      [1, 268435455],
      "identifiers",
    );
    if (found.length > 1)
      for (const list of ids) t.ok(list.length <= 1, "a copy of several carries several identifiers");
    await watcher.subscribe(`${t.topic}/#`, [[P.subscriptionId, 77]]);
    const [retained] = await watcher.drain();
    t.equal(retained?.props(P.subscriptionId), [77], "identifiers of the retained message");
  });

  test(
    "sends one copy for each subscription, if it sends several",
    { v5: "3.3.4-5 3.3.4-2 G21-5" },
    async (t) => {
      const watcher = await t.connect();
      await watcher.subscribe([`${t.topic}/#`, 0], [[P.subscriptionId, 1]]);
      await watcher.subscribe([`${t.topic}/+`, 2], [[P.subscriptionId, 2]]);
      const publisher = await t.connect();
      await publisher.publish(`${t.topic}/a`, "x", { qos: 2 });
      const found = await watcher.drain();
      t.needs(found.length > 1, "the broker sends one copy");
      const copies = found.map((one) => [one.qos, one.props(P.subscriptionId)]).sort();
      t.equal(
        copies,
        [
          [0, [1]],
          [2, [2]],
        ],
        "copies",
      );
    },
    { profile: "overlap" },
  );

  test("refuses a subscription identifier from a publisher", { v5: "3.3.4-6" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    await fatal(t, publish(5, t.topic, "x", { props: [[P.subscriptionId, 5]] }));
    await watcher.quiet();
  });

  test("ends clients that exceed its Receive Maximum", { v5: "3.3.4-7 G20-17" }, async (t) => {
    const client = await t.connect();
    const limit = Number(client.connack?.prop(P.receiveMaximum) ?? 65535);
    t.needs(limit <= 1000, "the window is too large to be filled");
    for (let id = 1; id <= limit; id++) client.publishOnly(t.topic, "x", { qos: 2, id });
    for (let id = 1; id <= limit; id++) await client.take("pubrec");
    // What is known already is not new.
    client.publishOnly(t.topic, "x", { qos: 2, id: limit, dup: true });
    t.equal((await client.take("pubrec")).id, limit, "PUBREC for an identifier that is known");
    await client.ping();
    client.publishOnly(t.topic, "x", { qos: 2, id: limit + 1 });
    const answer = await client.next();
    if (answer.name === "pubrec") return t.needs(answer.code === 0x97, "the broker refuses the message only");
    t.equal([answer.name, answer.code], ["disconnect", 0x93], "answer");
    await client.closed();
  });

  test("counts a QoS 2 message of a client until its PUBCOMP", { v5: "3.3.4-7 4.9.0-2" }, async (t) => {
    const client = await t.connect();
    const limit = Number(client.connack?.prop(P.receiveMaximum) ?? 65535);
    t.needs(limit <= 1000, "the window is too large to be filled");
    for (let round = 0; round < 3; round++) {
      for (let id = 1; id <= limit; id++) client.publishOnly(t.topic, "x", { qos: 2, id });
      for (let id = 1; id <= limit; id++) {
        await client.takeId("pubrec", id);
        client.send(ack(0x62, id));
        await client.takeId("pubcomp", id);
      }
    }
    for (let id = 1; id <= limit * 3; id++) await client.publish(t.topic, "x", { qos: 1, id });
  });

  test("has no more messages open than the client's Receive Maximum", { v5: "3.3.4-9 4.9.0-1 4.9.0-2" }, async (t) => {
    // The conversation refuses a third one; here is whether the window opens again.
    const client = await subscriber(t, t.topic, { receiveMaximum: 2 });
    const publisher = await t.connect();
    for (let index = 0; index < 6; index++) await publisher.publish(t.topic, `${index}`, { qos: 1 + (index % 2) });
    await client.ping();
    t.equal(client.inbox.length, 2, "messages with the window full");
    const first = await client.take("publish");
    client.send(ack(0x40, first.id));
    const second = await client.take("publish");
    client.send(ack(0x50, second.id));
    await client.take("pubrel");
    await client.ping();
    t.equal(
      client.inbox.map(({ text }) => text),
      ["2"],
      "PUBREC alone opens nothing",
    );
    client.send(ack(0x70, second.id));
    const third = await client.take("publish");
    client.send(ack(0x40, third.id));
    const fourth = await client.take("publish");
    client.send(ack(0x50, fourth.id, 0x80));
    t.equal([third.text, fourth.text], ["2", "3"], "messages");
    t.equal(
      (await client.messages(2)).map(({ text }) => text),
      ["4", "5"],
      "messages after a refusal",
    );
    await client.quiet();
  });

  test("refuses Receive Maximum 0, and takes none as 65535", { v5: "3.3.4-9 G20-4" }, async (t) => {
    await t.refuse({ receiveMaximum: 0 }, ...FAULTS);
    const client = await subscriber(t, [t.topic, 1]);
    const publisher = await t.connect();
    for (let index = 0; index < 15; index++) await publisher.publish(t.topic, "x", { qos: 1 });
    for (let index = 0; index < 15; index++) await client.take("publish");
  });

  test("goes on with everything else while the window is full", { v5: "3.3.4-10 3.3.4-8 4.9.0-3" }, async (t) => {
    const client = await subscriber(t, t.topic, { receiveMaximum: 1 });
    const publisher = await t.connect();
    for (let index = 0; index < 3; index++) await publisher.publish(t.topic, "x", { qos: 1 });
    await client.take("publish");
    client.send(pingreq());
    t.equal((await client.next()).name, "pingresp", "answer to PINGREQ");
    client.send(subscribe(5, 100, [["a", 0]]), unsubscribe(5, 101, ["a"]));
    t.equal([(await client.next()).name, (await client.next()).name], ["suback", "unsuback"], "answers");
    await client.publish(`${t.topic}/other`, "x", { qos: 1, id: 102 });
    await client.publish(`${t.topic}/other`, "x", { qos: 2, id: 103 });
    await publisher.publish(t.topic, "zero");
    client.send(pingreq());
    await client.take("pingresp");
    const rest = client.inbox.map(({ qos, text }) => [qos, text]);
    t.oneOf(rest, [[], [[0, "zero"]]], "messages");
  });

  test(
    "answers or closes for a PUBLISH that is not allowed, and passes nothing on",
    { v5: "3.4.2-1 3.5.2-1 4.3.3-9", v4: "3.3.5-2" },
    async (t) => {
      const account = { user: "user", password: "secret" };
      const watcher = await subscriber(t, "#", account);
      const client = await t.connect(account);
      for (const qos of [1, 2]) {
        const answer = await client
          .publish("forbidden/x", t.topic, { qos, id: 5, retain: true })
          .catch(() => undefined);
        if (answer === undefined) {
          await client.closed();
          return;
        }
        t.oneOf(answer.code, t.five ? [0x87] : [0], "code");
      }
      await client.publish("forbidden/x", t.topic, { qos: 0 });
      t.ok(!(await watcher.drain()).some(({ text }) => text === t.topic), "a forbidden message was passed on");
      // The identifier is free: what is allowed goes through under it.
      await client.publish(t.topic, "allowed", { qos: 2, id: 5 });
      t.equal(
        (await watcher.drain()).filter(({ topic }) => topic === t.topic).map(({ text }) => text),
        ["allowed"],
        "messages",
      );
    },
    { profile: "secured" },
  );

  test("passes on a payload that is not what its format says, or refuses it", { v5: "G21-26" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect();
    client.publishOnly(t.topic, hex("ff fe"), { qos: 1, props: [[P.payloadFormat, 1]] });
    const answer = await client.next();
    if (answer.name === "puback" && answer.code < 0x80)
      t.equal((await watcher.message()).payload.toString("hex"), "fffe", "payload");
    else t.equal(answer.code, 0x99, "reason");
  });

  test("takes payloads of every size", { v5: "4.2.0-1", v4: "7.1.1-1" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const publisher = await t.connect();
    for (const size of [0, 1, 65535, 65536, 1_000_000, 5_000_000]) {
      await publisher.publish(t.topic, Buffer.alloc(size, size % 251), { qos: 1 });
      const found = await watcher.message();
      t.ok(found.payload.equals(Buffer.alloc(size, size % 251)), `payload of ${size} bytes`);
    }
  });
});
