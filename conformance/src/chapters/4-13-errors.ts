/** Chapter 4.13 (4.8 in 3.1.1): errors end one connection, and only that. */

import { bytes, hex, packet, str, u16 } from "../bytes/bytes.ts";
import { connect, pingreq, publish } from "../bytes/packets.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, LASTING, subscriber } from "./common.ts";

/** A PUBLISH that no broker can take for anything else. */
const QOS_3 = "36 05 0001 61 0001";

export const errors: TestCase[] = chapter("4.13 Handling errors", (test) => {
  test("ends one connection with a reason, and leaves its neighbours alone", {
    v5: "4.13.1-1 4.13.2-1",
    v4: "4.8.0-1",
  }, async (t) => {
    const neighbour = await subscriber(t, t.topic);
    const wrong = ["00 00", QOS_3, "82 02 0001", "30 02 0005", "20 02 0000", "e1 00", "70 01 00", "30 05 0003 6100 62"];
    await each(wrong, async (bad) => {
      const client = await t.connect();
      client.send(hex(bad));
      const last = await client.refused(...FAULTS);
      if (t.five && t.ours) t.equal(last?.name, "disconnect", "last packet");
      if (!t.five) t.equal(client.inbox.length, 0, "packets before the end");
    });
    await neighbour.publish(t.topic, "x", { qos: 1 });
    t.equal((await neighbour.message()).text, "x", "the neighbour's message");
  });

  test("tells the reason though input was left unread", { v5: "4.13.1-1 4.13.2-1" }, async (t) => {
    t.needs(t.ours, "the DISCONNECT is a recommendation");
    for (let round = 0; round < 5; round++) {
      const client = await t.connect();
      client.send(bytes(hex(QOS_3), Buffer.alloc(200_000, 0xc0)));
      t.equal((await client.refused(0x81))?.code, 0x81, "DISCONNECT");
    }
  });

  test("does not work off what stands behind a malformed packet", { v5: "4.13.1-1", v4: "4.8.0-1" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect();
    client.send(bytes(hex(QOS_3), publish(t.version, t.topic, "x"), pingreq()));
    await client.closed();
    await watcher.quiet();
    t.ok(!client.inbox.some(({ name }) => name === "pingresp"), "PINGRESP came");
  });

  test("keeps the session of a client that made an error, and takes DISCONNECT with an error from it", {
    v5: "4.13.2-1",
    v4: "4.8.0-1",
  }, async (t) => {
    const id = t.clientId();
    const watcher = await subscriber(t, t.topic);
    const endings = t.five ? [QOS_3, "e0 01 81"] : [QOS_3];
    for (const [index, ending] of endings.entries()) {
      const client = await t.connect({ ...LASTING, id, will: { topic: t.topic, payload: "will" } });
      t.equal(client.connack?.sessionPresent, index > 0, "session present");
      client.send(hex(ending));
      await client.closed();
      t.equal((await watcher.message()).text, "will", "will");
    }
    t.equal((await t.connect({ ...LASTING, id })).connack?.sessionPresent, true, "session present");
  });

  test(
    "closes the connection when it cannot take a packet for the moment",
    { v4: "4.8.0-2" },
    async (t) => {
      // What a client can provoke of this: a packet above the broker's limit.
      const client = await t.connect();
      client.publishOnly(t.topic, "x".repeat(600), { qos: 1 });
      const answer = await client.next().catch(() => undefined);
      t.needs(answer === undefined, "the broker has no such limit");
      await client.closed();
    },
    { profile: "limited" },
  );

  test("passes messages between all versions", { v5: "G19-16", v4: "G19-16", v3: "G19-16" }, async (t) => {
    const clients = [await t.connect({}, 3), await t.connect({}, 4), await t.connect({}, 5)];
    for (const client of clients) await client.subscribe(t.topic);
    for (const sender of clients) {
      await sender.publish(t.topic, `${sender.version}`, { qos: 2, props: [[0x26, ["a", "b"]]] });
      for (const client of clients) {
        const found = await client.message();
        t.equal([found.text, found.qos], [`${sender.version}`, 2], "message");
        t.equal(found.props(0x26).length, sender.version === 5 && client.version === 5 ? 1 : 0, "user properties");
      }
    }
  });

  test("refuses a CONNECT of many faults without a word of success", {
    v5: "4.13.1-1 3.1.4-1",
    v4: "3.1.4-1",
  }, async (t) => {
    const good = connect(t.version, { id: "abc" }).subarray(2);
    for (const body of [
      bytes(good, 1, 2, 3),
      good.subarray(0, -1),
      bytes(str("MQTT"), t.version, 0xff, u16(0)),
      Buffer.alloc(12),
    ]) {
      const client = await t.open();
      client.send(packet(0x10, body));
      await client.closed();
      t.ok(
        client.inbox.every(({ code }) => code !== 0),
        "the broker accepted it",
      );
    }
  });
});
