/** MQTT 3.1 where it differs from 3.1.1; local numbers (data/rules.tsv, section 19). */

import { bytes, hex, str } from "../bytes/bytes.ts";
import { ack, connect, publish, subscribe, unsubscribe } from "../bytes/packets.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, fatal, LASTING, subscriber } from "./common.ts";

export const version31: TestCase[] = chapter("MQTT 3.1", (test) => {
  test("accepts MQIsdp with level 3", { v3: "G19-1" }, async (t) => {
    const client = await t.connect();
    t.equal([client.connack?.size, client.connack?.ackFlags, client.connack?.code], [4, 0, 0], "CONNACK");
    await client.ping();
  });

  test("knows no Session Present", { v3: "G19-2 G19-9" }, async (t) => {
    const id = t.clientId();
    const first = await subscriber(t, t.topic, { ...LASTING, id });
    await first.disconnect();
    const publisher = await t.connect();
    for (const qos of [1, 2]) await publisher.publish(t.topic, `${qos}`, { qos });
    const again = await t.connect({ ...LASTING, id });
    t.equal(again.connack?.ackFlags, 0, "CONNACK flags");
    const found = [await again.take("publish"), await again.take("publish")];
    await again.drop();
    const last = await t.connect({ ...LASTING, id });
    const after = [await last.take("publish"), await last.take("publish")];
    t.equal(
      after.map(({ id, dup, text }) => [id, dup, text]),
      found.map(({ id, text }) => [id, true, text]),
      "messages again",
    );
  });

  test("refuses empty client identifiers", { v3: "G19-3" }, async (t) => {
    for (const clean of [true, false]) {
      const client = await t.try({ id: "", clean });
      const last = await client.refused();
      t.equal([last?.name, last?.code], ["connack", 2], "CONNACK");
    }
  });

  test("accepts client identifiers of 1 to 23 characters", { v3: "G19-4" }, async (t) => {
    for (const id of ["v", t.clientId().padEnd(23, "3")]) await (await t.connect({ id })).disconnect();
    const long = await t.try({ id: t.clientId().padEnd(40, "3") });
    t.oneOf((await long.next()).code, [0, 2], "return code");
  });

  test("tolerates flags of user name and password without the fields", { v3: "G19-5" }, async (t) => {
    for (const [flags, more] of [
      [0x82, Buffer.alloc(0)],
      [0xc2, str("user")],
      [0xc2, Buffer.alloc(0)],
    ] as const) {
      const client = await t.try({ flags, rawPayload: bytes(str(t.clientId()), more) });
      t.equal((await client.next()).code, 0, "return code");
    }
  });

  test("tolerates DUP in SUBSCRIBE, UNSUBSCRIBE and PUBREL", { v3: "G19-6" }, async (t) => {
    const client = await t.connect();
    client.send(bytes(0x8a, subscribe(3, 1, [[t.topic, 1]]).subarray(1)));
    await client.takeId("suback", 1);
    await client.publish(t.topic, "x", { qos: 1 });
    t.equal((await client.message()).text, "x", "message");
    client.publishOnly(`${t.topic}/x`, "x", { qos: 2, id: 5 });
    await client.takeId("pubrec", 5);
    client.send(hex("6a 02 0005"));
    await client.takeId("pubcomp", 5);
    client.send(bytes(0xaa, unsubscribe(3, 2, [t.topic]).subarray(1)));
    await client.takeId("unsuback", 2);
  });

  test(
    "never says that a subscription failed",
    { v3: "G19-7" },
    async (t) => {
      const account = { user: "user", password: "secret" };
      const client = await t.connect(account);
      client.send(subscribe(3, 1, [["forbidden/x", 1]]));
      const answer = await client.next().catch(() => undefined);
      if (answer === undefined) return;
      t.oneOf(answer.codes[0], [0, 1, 2], "code");
    },
    { profile: "secured" },
  );

  test("exchanges messages of all QoS, retained ones too", { v3: "G19-8 G19-10" }, async (t) => {
    const client = await subscriber(t, `${t.topic}/#`);
    for (const qos of [0, 1, 2]) {
      await client.publish(`${t.topic}/${qos}`, `${qos}`, { qos, retain: true });
      const found = await client.message();
      t.equal([found.text, found.qos, found.retain, found.dup], [`${qos}`, qos, false, false], "message");
    }
    const late = await subscriber(t, `${t.topic}/+`);
    const found = (await late.messages(3)).map(({ qos, retain }) => [qos, retain]).sort();
    t.equal(
      found,
      [
        [0, true],
        [1, true],
        [2, true],
      ],
      "retained messages",
    );
    client.publishOnly(`${t.topic}/2`, "x", { qos: 2, id: 9 });
    client.publishOnly(`${t.topic}/2`, "x", { qos: 2, id: 9, dup: true });
    await client.takeId("pubrec", 9);
    await client.takeId("pubrec", 9);
    client.send(ack(0x62, 9));
    await client.takeId("pubcomp", 9);
    t.equal((await late.drain()).length, 1, "copies of a repeated message");
  });

  test(
    "ends silent connections, with the will",
    { v3: "G19-11" },
    async (t) => {
      const watcher = await subscriber(t, t.topic);
      const began = Date.now();
      const client = await t.connect({ keepAlive: 2, will: { topic: t.topic, payload: "will", qos: 1 } });
      await client.closed();
      t.within(began, 2900, 4800, "closed");
      t.equal((await watcher.message()).text, "will", "will");
    },
    { seconds: 4 },
  );

  test("forgets the will at DISCONNECT", { v3: "G19-12" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    await (await t.connect({ will: { topic: t.topic, payload: "will" } })).disconnect();
    await t.sleep(200);
    await watcher.quiet();
    await (await t.connect({ will: { topic: t.topic, payload: "will" } })).drop();
    t.equal((await watcher.message()).text, "will", "will without DISCONNECT");
  });

  test("refuses names and levels that do not belong together", { v3: "G19-13 G21-13" }, async (t) => {
    for (const [name, level] of [
      ["MQIsdp", 4],
      ["MQIsdp", 5],
      ["MQTT", 3],
      ["mqisdp", 3],
      ["MQIsdq", 3],
    ] as const) {
      const client = await t.open();
      const seen: Buffer[] = [];
      client.stream.removeAllListeners("data");
      client.stream.on("data", (chunk: Buffer) => seen.push(chunk));
      client.send(connect(3, { id: t.clientId(), name, level }));
      await client.closed();
      t.oneOf(Buffer.concat(seen).toString("hex"), ["", "20020001", "2003008400"], "answer");
    }
  });

  test("speaks nothing of 5.0", { v3: "G19-14" }, async (t) => {
    // The strict decoder refuses packets, properties and codes of 5.0.
    const watcher = await subscriber(t, t.topic);
    const sender = await t.connect({}, 5);
    await sender.publish(t.topic, "x", {
      qos: 1,
      props: [
        [0x26, ["a", "b"]],
        [0x03, "text"],
      ],
    });
    t.equal((await watcher.message()).text, "x", "message");
    await fatal(t, hex("f0 00"), []);
    const id = t.clientId();
    const first = await t.connect({ id });
    await t.connect({ id });
    await first.closed();
    t.equal(first.inbox.length, 0, "packets before the end");
  });

  test("closes at malformed packets", { v3: "G19-15 G20-11" }, async (t) => {
    await each(["00 00", "36 05 0001 61 0001", "e1 00", "30 02 0005", "20 02 0000"], (bad) => fatal(t, hex(bad), []));
    await t.refuse({ will: { topic: "a", payload: "", qos: 3 } });
    await fatal(t, publish(3, "a/#", "x"), []);
  });
});
