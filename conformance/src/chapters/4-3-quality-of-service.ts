/** Chapters 4.3 and 4.4: the exchanges of QoS 1 and 2, broken off at every step. */

import { ack, publish } from "../bytes/packets.ts";
import { P } from "../bytes/properties.ts";
import type { Packet } from "../client/packet.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { LASTING, subscriber } from "./common.ts";

export const qos: TestCase[] = chapter("4.3 Quality of Service", (test) => {
  test("sends a first copy with a fresh identifier and without DUP", {
    v5: "4.3.2-1 4.3.2-2 4.3.3-1 4.3.3-2 4.3.1-1",
    v4: "4.3.1-1 4.3.2-1 4.3.3-1",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const publisher = await t.connect();
    for (const [level, flags] of [
      [0, 0x0],
      [1, 0x2],
      [2, 0x4],
    ] as const) {
      await publisher.publish(t.topic, "x", { qos: level });
      const found = await watcher.message();
      t.equal([found.flags, found.id > 0], [flags, level > 0], "flags and identifier");
    }
  });

  test("keeps a QoS 1 message until its PUBACK", { v5: "4.3.2-3 4.4.0-1", v4: "4.3.2-1 4.4.0-1" }, async (t) => {
    const id = t.clientId();
    const publisher = await t.connect();
    let client = await subscriber(t, t.topic, { ...LASTING, id });
    await publisher.publish(t.topic, "x", { qos: 1 });
    const first = await client.take("publish");
    client.send(ack(0x40, first.id + 1));
    for (let round = 0; round < 2; round++) {
      await client.drop();
      client = await t.connect({ ...LASTING, id });
      const again = await client.take("publish");
      t.equal([again.id, again.dup, again.text], [first.id, true, "x"], "the message again");
    }
    client.send(ack(0x40, first.id));
    await client.drop();
    await (await t.connect({ ...LASTING, id })).quiet();
  });

  test("takes a message under an acknowledged identifier as a new one", { v5: "4.3.2-5", v4: "4.3.2-2" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect();
    for (const dup of [false, true, false]) {
      client.publishOnly(t.topic, "x", { qos: 1, id: 5, dup });
      t.equal((await client.take("puback")).id, 5, "PUBACK");
    }
    t.equal((await watcher.messages(3)).length, 3, "messages");
    await watcher.quiet();
  });

  test("keeps a QoS 2 message until its PUBREC", { v5: "4.3.3-3 4.4.0-1", v4: "4.3.3-1 4.4.0-1" }, async (t) => {
    const id = t.clientId();
    const publisher = await t.connect();
    const client = await subscriber(t, t.topic, { ...LASTING, id });
    await publisher.publish(t.topic, "x", { qos: 2 });
    const first = await client.take("publish");
    await client.drop();
    const second = await t.connect({ ...LASTING, id });
    const again = await second.take("publish");
    t.equal([again.id, again.dup, again.qos, again.text], [first.id, true, 2, "x"], "the message again");
    await second.acknowledge(again);
    await second.drop();
    await (await t.connect({ ...LASTING, id })).quiet();
  });

  test("answers PUBREC with PUBREL, in all forms", { v5: "4.3.3-4 G20-29", v4: "4.3.3-1" }, async (t) => {
    const client = await subscriber(t, t.topic);
    for (const code of t.five ? [undefined, 0] : [undefined]) {
      await client.publish(t.topic, "x", { qos: 2 });
      const found = await client.take("publish");
      client.send(ack(0x50, found.id, code));
      const rel = await client.take("pubrel");
      t.equal([rel.id, rel.code], [found.id, 0], "PUBREL");
      client.send(ack(0x70, found.id));
    }
    await client.quiet();
  });

  test("ends an exchange at a PUBREC of 0x80 and above", { v5: "4.3.3-4 4.4.0-2 4.9.0-2" }, async (t) => {
    const id = t.clientId();
    const client = await subscriber(t, t.topic, { ...LASTING, id, receiveMaximum: 1 });
    const publisher = await t.connect();
    for (const code of [0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99]) {
      await publisher.publish(t.topic, `${code}`, { qos: 2 });
      const found = await client.take("publish");
      t.equal(found.text, `${code}`, "message");
      client.send(ack(0x50, found.id, code));
      await client.ping();
      t.ok(!client.inbox.some(({ name }) => name === "pubrel"), "PUBREL came");
    }
    await client.drop();
    await (await t.connect({ ...LASTING, id })).quiet();
  });

  test("sends PUBREL again until its PUBCOMP, and never the message", {
    v5: "4.3.3-5 4.3.3-6 4.4.0-1",
    v4: "4.3.3-1 4.4.0-1",
  }, async (t) => {
    const id = t.clientId();
    const publisher = await t.connect();
    let client = await subscriber(t, t.topic, { ...LASTING, id });
    await publisher.publish(t.topic, "x", { qos: 2 });
    const found = await client.take("publish");
    client.send(ack(0x50, found.id));
    await client.take("pubrel");
    for (let round = 0; round < 2; round++) {
      await client.drop();
      client = await t.connect({ ...LASTING, id });
      t.equal((await client.next()).describe(), `PUBREL id ${found.id}`, "first packet after CONNACK");
      await client.quiet();
    }
    client.send(ack(0x70, found.id));
    await client.drop();
    const last = await t.connect({ ...LASTING, id });
    await last.ping();
    t.equal(last.inbox.length, 0, "packets after the exchange was complete");
  });

  test(
    "completes what was sent, though it expires meanwhile",
    { v5: "4.3.3-7 4.3.3-13" },
    async (t) => {
      const id = t.clientId();
      const client = await subscriber(t, t.topic, { ...LASTING, id });
      const publisher = await t.connect();
      const props = [[P.messageExpiry, 1]] as const;
      publisher.publishOnly(t.topic, "a", { qos: 2, id: 1, props });
      await publisher.takeId("pubrec", 1);
      await t.sleep(2300);
      publisher.send(ack(0x62, 1));
      t.equal((await publisher.takeId("pubcomp", 1)).code, 0, "PUBCOMP");
      const found = await client.take("publish", 1000).catch(() => undefined);
      t.needs(found !== undefined, "the broker passes on at PUBREL, and the message has expired");
      if (found === undefined) return;
      await t.sleep(100);
      client.send(ack(0x50, found.id));
      t.equal((await client.take("pubrel")).id, found.id, "PUBREL");
      client.send(ack(0x70, found.id));
    },
    { seconds: 4 },
  );

  test(
    "sends a QoS 2 message again on resume, though it expired",
    { v5: "4.3.3-7" },
    async (t) => {
      const id = t.clientId();
      const client = await subscriber(t, t.topic, { ...LASTING, id });
      const publisher = await t.connect();
      await publisher.publish(t.topic, "a", { qos: 2, props: [[P.messageExpiry, 1]] });
      const found = await client.take("publish");
      await t.sleep(2300);
      await client.drop();
      const again = await t.connect({ ...LASTING, id });
      const second = await again.take("publish");
      t.equal([second.id, second.dup], [found.id, true], "the message again");
      await again.acknowledge(second);
    },
    { seconds: 3 },
  );

  test("delivers a QoS 2 message once, however often it comes before PUBREL", {
    v5: "4.3.3-10 4.3.3-8 4.3.3-11 G21-10 G21-27",
    v4: "4.3.3-2 G21-27",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect();
    for (const dup of [false, true, true]) {
      client.publishOnly(t.topic, "x", { qos: 2, id: 7, dup });
      const rec = await client.take("pubrec");
      t.equal([rec.id, rec.code < 0x80], [7, true], "PUBREC");
    }
    client.send(ack(0x62, 7));
    t.equal((await client.take("pubcomp")).id, 7, "PUBCOMP");
    t.equal((await watcher.message()).text, "x", "message");
    await watcher.quiet();
    client.send(ack(0x62, 7));
    t.equal((await client.take("pubcomp")).id, 7, "PUBCOMP again");
    await watcher.quiet();
  });

  test("takes a message after PUBCOMP as a new one", { v5: "4.3.3-12", v4: "4.3.3-2" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect();
    for (let round = 0; round < 3; round++)
      await client.publish(t.topic, `${round}`, { qos: 2, id: 7, dup: round === 1 });
    t.equal(
      (await watcher.messages(3)).map(({ text }) => text),
      ["0", "1", "2"],
      "messages",
    );
  });

  test(
    "takes a message after a refusing PUBREC as a new one",
    { v5: "4.3.3-9" },
    async (t) => {
      const account = { user: "user", password: "secret" };
      const watcher = await subscriber(t, t.topic, account);
      const client = await t.connect(account);
      client.publishOnly("forbidden/x", "x", { qos: 2, id: 7 });
      t.ok((await client.take("pubrec")).code >= 0x80, "the message was not refused");
      client.publishOnly(t.topic, "y", { qos: 2, id: 7, dup: true });
      t.ok((await client.take("pubrec")).code < 0x80, "PUBREC");
      client.send(ack(0x62, 7));
      t.equal((await client.take("pubcomp")).code, 0, "PUBCOMP");
      t.equal((await watcher.message()).text, "y", "message");
    },
    { profile: "secured" },
  );

  test(
    "never sends again on a connection that lives",
    { v5: "4.4.0-1" },
    async (t) => {
      const client = await subscriber(t, t.topic);
      const publisher = await t.connect();
      for (const level of [1, 2]) await publisher.publish(t.topic, "x", { qos: level });
      await client.take("publish");
      const two = await client.take("publish");
      await t.sleep(16_000);
      await client.quiet();
      client.send(ack(0x50, two.id));
      await client.take("pubrel");
      await t.sleep(16_000);
      await client.ping();
      t.equal(client.inbox.length, 0, "packets sent again");
    },
    { seconds: 32 },
  );

  test("takes any PUBACK and a refusing PUBREC for an answer", { v5: "4.4.0-2 4.3.2-3" }, async (t) => {
    const id = t.clientId();
    const client = await subscriber(t, t.topic, { ...LASTING, id });
    const publisher = await t.connect();
    for (const level of [1, 2]) await publisher.publish(t.topic, "x", { qos: level });
    client.send(ack(0x40, (await client.take("publish")).id, 0x80));
    client.send(ack(0x50, (await client.take("publish")).id, 0x80));
    await client.drop();
    await (await t.connect({ ...LASTING, id })).quiet();
  });

  test("sends everything unfinished again, in its order", {
    v5: "4.4.0-1 4.6.0-1 2.2.1-5",
    v4: "4.4.0-1 4.6.0-1 4.6.0-6",
  }, async (t) => {
    const id = t.clientId();
    const client = await subscriber(t, t.topic, { ...LASTING, id });
    const publisher = await t.connect();
    for (const [index, level] of [1, 2, 2, 1, 2].entries())
      await publisher.publish(t.topic, `${index}`, { qos: level });
    const found: Packet[] = [];
    for (let index = 0; index < 5; index++) found.push(await client.take("publish"));
    const released = found[1];
    client.send(ack(0x50, released?.id ?? 0));
    await client.take("pubrel");
    await client.drop();
    await publisher.publish(t.topic, "new", { qos: 1 });
    const again = await t.connect({ ...LASTING, id });
    const after = [];
    for (let index = 0; index < 6; index++) after.push(await again.next());
    t.equal(
      after.filter(({ name }) => name === "pubrel").map((one) => one.id),
      [released?.id],
      "PUBREL",
    );
    const messages = after.filter(({ name }) => name === "publish");
    t.equal(
      messages.map(({ text, dup }) => [text, dup]),
      [
        ["0", true],
        ["2", true],
        ["3", true],
        ["4", true],
        ["new", false],
      ],
      "messages",
    );
    t.equal(
      messages.slice(0, 4).map((one) => one.id),
      [0, 2, 3, 4].map((index) => found[index]?.id),
      "identifiers",
    );
  });

  test("passes a QoS 2 message on by the end of its exchange", {
    v5: "G21-27",
    v4: "G21-27",
    v3: "G21-27",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect();
    client.send(publish(t.version, t.topic, "x", { qos: 2, id: 1 }));
    await client.take("pubrec");
    client.send(ack(0x62, 1));
    await client.take("pubcomp");
    t.equal((await watcher.message()).text, "x", "message");
  });
});
