/** Chapters 4.1, 4.2 and 4.5: session state, its lifetime, and what is added to it. */

import { ack } from "../bytes/packets.ts";
import { P } from "../bytes/properties.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { LASTING, subscriber } from "./common.ts";

export const sessions: TestCase[] = chapter("4.1 Session state", (test) => {
  test(
    "keeps session state while the connection is open",
    { v5: "4.1.0-1", v4: "4.1.0-1 4.1.0-2" },
    async (t) => {
      const id = t.clientId();
      const client = await subscriber(t, t.topic, { id, clean: false, expiry: 4 });
      const publisher = await t.connect();
      await publisher.publish(t.topic, "held", { qos: 2 });
      const held = await client.take("publish");
      await t.sleep(6000);
      client.send(ack(0x50, held.id));
      await client.take("pubrel");
      client.send(ack(0x70, held.id));
      await publisher.publish(t.topic, "x", { qos: 1 });
      t.equal((await client.message()).text, "x", "message after the expiry interval");
      await client.drop();
      t.equal((await t.connect({ id, clean: false })).connack?.sessionPresent, true, "session present");
    },
    { seconds: 6 },
  );

  test(
    "discards a session when it has expired",
    { v5: "4.1.0-2 3.1.2-23" },
    async (t) => {
      const id = t.clientId();
      const client = await subscriber(t, t.topic, { id, clean: false, expiry: 1 });
      await client.drop();
      const publisher = await t.connect();
      await publisher.publish(t.topic, "x", { qos: 1 });
      await t.sleep(2500);
      const again = await t.connect({ id, clean: false });
      t.equal(again.connack?.sessionPresent, false, "session present");
      await publisher.publish(t.topic, "y", { qos: 1 });
      await again.quiet();
    },
    { seconds: 3 },
  );

  test(
    "counts the expiry from the end of the last connection",
    { v5: "4.1.0-2 4.1.0-1" },
    async (t) => {
      const id = t.clientId();
      for (let round = 0; round < 3; round++) {
        const client = await t.connect({ id, clean: false, expiry: 6 });
        t.equal(client.connack?.sessionPresent, round > 0, "session present");
        await t.sleep(4000);
        await client.drop();
        await t.sleep(2500);
      }
    },
    { seconds: 20 },
  );

  test(
    "publishes a delayed will when the session is discarded",
    { v5: "4.1.0-2" },
    async (t) => {
      const watcher = await subscriber(t, t.topic);
      const client = await t.connect({
        clean: false,
        expiry: 1,
        will: { topic: t.topic, payload: "w", props: [[P.willDelay, 100]] },
      });
      const began = Date.now();
      await client.drop();
      t.equal((await watcher.message()).text, "w", "will");
      t.within(began, 850, 5000, "the will came");
    },
    { seconds: 2 },
  );

  test("adds messages to the sessions of all matching subscribers", {
    v5: "4.5.0-1 4.3.2-4",
    v4: "4.5.0-1 3.1.2-5",
  }, async (t) => {
    const ids = [t.clientId(), t.clientId()];
    const filters = [t.topic, `${t.topic}/#`];
    for (const [index, id] of ids.entries())
      await (await subscriber(t, filters[index] ?? "", { ...LASTING, id })).drop();
    const live = await subscriber(t, `${t.topic}/#`);
    const publisher = await t.connect();
    for (const qos of [1, 2]) await publisher.publish(t.topic, `${qos}`, { qos });
    await publisher.drop();
    for (const client of [
      live,
      await t.connect({ ...LASTING, id: ids[0] ?? "" }),
      await t.connect({ ...LASTING, id: ids[1] ?? "" }),
    ]) {
      t.equal(
        (await client.messages(2)).map(({ text, qos }) => [text, qos]),
        [
          ["1", 1],
          ["2", 2],
        ],
        "messages",
      );
      await client.quiet();
    }
  });

  test("keeps QoS 0 messages for a session that is away, or drops them", {
    v5: "G21-18 4.5.0-1",
    v4: "G21-18 3.1.2-5",
    v3: "G21-18",
  }, async (t) => {
    const id = t.clientId();
    await (await subscriber(t, t.topic, { ...LASTING, id })).drop();
    const publisher = await t.connect();
    for (let index = 0; index < 3; index++) await publisher.publish(t.topic, `${index}`);
    const found = (await (await t.connect({ ...LASTING, id })).drain()).map(({ text }) => text);
    t.oneOf(found, [[], ["0", "1", "2"]], "messages");
  });

  test(
    "loses messages of a queue that is full, and nothing else",
    { v5: "G21-17", v4: "G21-17", v3: "G21-17" },
    async (t) => {
      const id = t.clientId();
      const away = await subscriber(t, [t.topic, 1], { ...LASTING, id });
      t.needs(
        Number(away.connack?.prop(P.maximumPacketSize) ?? (t.ours ? 500 : 0)) === 500 || !t.five,
        "the queue is not limited",
      );
      await away.drop();
      const publisher = await t.connect();
      for (let index = 0; index < 40; index++) await publisher.publish(t.topic, `${index}`, { qos: 1 });
      const again = await t.connect({ ...LASTING, id });
      // 3.1 knows no Session Present; there the message afterwards says it.
      if (t.version > 3) t.equal(again.connack?.sessionPresent, true, "session present");
      const found = (await again.drain()).map(({ text }) => Number(text));
      // What of the queue comes after all, comes before what is published now.
      await publisher.publish(t.topic, "later", { qos: 1 });
      for (let next = await again.message(); next.text !== "later"; next = await again.message()) {
        found.push(Number(next.text));
      }
      t.ok(found.length > 0 && found.length < 40, `${found.length} of 40 messages came`);
      t.equal(
        found,
        [...found].sort((a, b) => a - b),
        "order",
      );
    },
    { profile: "limited" },
  );

  test("keeps subscriptions with their options in the session", { v5: "3.1.2-5 4.1.0-1" }, async (t) => {
    const id = t.clientId();
    const first = await t.connect({ ...LASTING, id });
    await first.subscribe([t.topic, 0x0d], [[P.subscriptionId, 12]]);
    await first.drop();
    const again = await t.connect({ ...LASTING, id });
    await again.publish(t.topic, "own", { qos: 2 });
    await again.quiet();
    const other = await t.connect();
    await other.publish(t.topic, "x", { qos: 2, retain: true });
    const found = await again.message();
    t.equal([found.qos, found.retain, found.prop(P.subscriptionId)], [1, true, 12], "message");
  });

  test("keeps the state of QoS 2 in both directions over a reconnect", {
    v5: "3.1.2-5 4.3.3-10 4.3.3-5",
    v4: "3.1.2-4 4.3.3-1 4.3.3-2",
  }, async (t) => {
    const id = t.clientId();
    const watcher = await subscriber(t, `${t.topic}/up`);
    const first = await subscriber(t, `${t.topic}/down`, { ...LASTING, id });
    first.publishOnly(`${t.topic}/up`, "once", { qos: 2, id: 7 });
    await first.takeId("pubrec", 7);
    await watcher.publish(`${t.topic}/down`, "x", { qos: 2 });
    const down = await first.take("publish");
    first.send(ack(0x50, down.id));
    await first.take("pubrel");
    await first.drop();
    const again = await t.connect({ ...LASTING, id });
    t.equal((await again.next()).describe(), `PUBREL id ${down.id}`, "first packet after CONNACK");
    again.send(ack(0x70, down.id));
    again.publishOnly(`${t.topic}/up`, "once", { qos: 2, id: 7, dup: true });
    t.ok((await again.takeId("pubrec", 7)).code < 0x80, "the repeated PUBLISH was refused");
    again.send(ack(0x62, 7));
    t.equal((await again.takeId("pubcomp", 7)).code, 0, "PUBCOMP");
    t.equal((await watcher.message()).text, "once", "message");
    await watcher.quiet();
    await again.quiet();
  });

  test("serves the session of one version to another", { v5: "3.1.3-2 G19-16", v4: "3.1.3-2 G19-16" }, async (t) => {
    const id = t.clientId();
    const other = t.five ? 4 : 5;
    const first = await t.connect({ ...LASTING, id }, other);
    await first.subscribe(t.topic);
    await first.drop();
    const publisher = await t.connect({}, 5);
    await publisher.publish(t.topic, "x", {
      qos: 1,
      props: [
        [P.user, ["a", "b"]],
        [P.messageExpiry, 100],
      ],
    });
    const again = await t.connect({ ...LASTING, id });
    t.equal(again.connack?.sessionPresent, true, "session present");
    const found = await again.message();
    t.equal([found.text, found.properties.length > 0], ["x", t.five], "message");
  });
});
