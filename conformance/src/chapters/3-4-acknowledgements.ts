/** Chapters 3.4 to 3.7: PUBACK, PUBREC, PUBREL and PUBCOMP as packets. */

import { bytes, hex, packet } from "../bytes/bytes.ts";
import { ack, publish } from "../bytes/packets.ts";
import { P } from "../bytes/properties.ts";
import type { PacketName } from "../client/packet.ts";
import type { TestContext } from "../runner/context.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, fatal, subscriber } from "./common.ts";

const ACCOUNT = { user: "user", password: "secret" };

/** The answer to these bytes, from a broker that has reasons to give. */
async function answerTo(
  t: TestContext,
  maximumPacketSize: number,
  send: Buffer,
  name: PacketName,
): Promise<[number, number]> {
  const client = await t.connect({ ...ACCOUNT, maximumPacketSize });
  client.send(send);
  const found = await client.take(name);
  return [found.size, found.properties.length];
}

/** Reason String and User Property are left out where they don't fit. */
async function fits(t: TestContext, send: Buffer, name: PacketName): Promise<void> {
  const limit = (await t.connect(ACCOUNT)).connack?.size ?? 0;
  const [, wide] = await answerTo(t, 1000, send, name);
  const [size, properties] = await answerTo(t, limit, send, name);
  t.ok(size <= limit, `${name.toUpperCase()} of ${size} bytes`);
  t.equal(properties, 0, "properties in the small packet");
  t.needs(wide > 0, "the broker gives no reasons here, so there is nothing to leave out");
}

export const acknowledgements: TestCase[] = chapter("3.4 to 3.7 PUBACK, PUBREC, PUBREL, PUBCOMP", (test) => {
  test(
    "leaves reasons out of PUBACK where they don't fit",
    { v5: "3.4.2-2 3.4.2-3 3.4.2-1" },
    async (t) => {
      await fits(t, publish(5, "forbidden/x", "x", { qos: 1, id: 3 }), "puback");
    },
    { profile: "secured" },
  );

  test(
    "leaves reasons out of PUBREC where they don't fit",
    { v5: "3.5.2-2 3.5.2-3 3.5.2-1" },
    async (t) => {
      await fits(t, publish(5, "forbidden/x", "x", { qos: 2, id: 3 }), "pubrec");
    },
    { profile: "secured" },
  );

  test("keeps PUBREL and PUBCOMP within the client's maximum packet size", {
    v5: "3.6.2-2 3.6.2-3 3.7.2-2 3.7.2-3",
  }, async (t) => {
    const maximumPacketSize = (await t.connect()).connack?.size ?? 0;
    const client = await t.connect({ maximumPacketSize });
    client.send(ack(0x50, 999));
    await client.take("pubrel");
    client.send(ack(0x62, 998));
    await client.take("pubcomp");
  });

  test("has only the codes of their lists", { v5: "3.4.2-1 3.5.2-1 3.6.2-1 3.7.2-1" }, async (t) => {
    // The strict decoder refuses all others.
    const client = await subscriber(t, t.topic);
    await client.publish(t.topic, "x", { qos: 1 });
    await client.publish(`${t.topic}/nobody`, "x", { qos: 1 });
    await client.publish(t.topic, "x", { qos: 2 });
    await client.publish(`${t.topic}/nobody`, "x", { qos: 2 });
    await client.messages(2);
    client.send(ack(0x62, 4711));
    const comp = await client.take("pubcomp");
    client.send(ack(0x50, 4712));
    const rel = await client.take("pubrel");
    t.equal(rel.id, 4712, "PUBREL for an unknown identifier");
    t.oneOf(rel.code, t.ours ? [0x92] : [0x92, 0], "PUBREL for an unknown identifier");
    t.oneOf(comp.code, t.ours ? [0x92] : [0x92, 0], "PUBCOMP for an unknown identifier");
  });

  test("answers PUBREL for an unknown identifier", {
    v5: "G21-6 4.3.3-11 3.7.2-1",
    v4: "4.3.3-2 G21-22",
  }, async (t) => {
    const client = await t.connect();
    for (let round = 0; round < 2; round++) {
      client.send(ack(0x62, 77));
      const found = await client.next();
      t.equal([found.name, found.id], ["pubcomp", 77], "answer");
      if (t.five) t.oneOf(found.code, t.ours ? [0x92] : [0x92, 0], "code");
    }
  });

  test("reads acknowledgements in all three forms", { v5: "G20-29 3.4.2-1 3.5.2-1 3.6.2-1 3.7.2-1" }, async (t) => {
    const client = await subscriber(t, t.topic, { receiveMaximum: 1 });
    const forms: [number | undefined, [number, [string, string]][] | undefined][] = [
      [undefined, undefined],
      [0, undefined],
      [0, []],
      [0, [[P.user, ["a", "b"]]]],
    ];
    for (const [code, props] of forms) {
      for (const qos of [1, 2]) {
        client.publishOnly(t.topic, "x", { qos, id: 9 });
        if (qos === 1) await client.take("puback");
        else {
          await client.take("pubrec");
          client.send(ack(0x62, 9, code, props));
          t.equal((await client.take("pubcomp")).code, 0, "PUBCOMP");
        }
        const found = await client.take("publish");
        if (qos === 1) client.send(ack(0x40, found.id, code, props));
        else {
          client.send(ack(0x50, found.id, code, props));
          await client.take("pubrel");
          client.send(ack(0x70, found.id, code, props));
        }
      }
    }
    await client.quiet();
  });

  test("reads reason strings in acknowledgements", { v5: "G20-29 4.3.3-4" }, async (t) => {
    const client = await subscriber(t, t.topic, { receiveMaximum: 1 });
    const publisher = await t.connect();
    for (const qos of [1, 2, 1]) await publisher.publish(t.topic, "x", { qos });
    const first = await client.take("publish");
    client.send(ack(0x40, first.id, 0x80, [[P.reasonString, "no"]]));
    const second = await client.take("publish");
    client.send(
      ack(0x50, second.id, 0x83, [
        [P.reasonString, "no"],
        [P.user, ["a", "b"]],
      ]),
    );
    t.equal((await client.message()).qos, 1, "the third message");
  });

  test("refuses codes that no acknowledgement has", { v5: "3.4.2-1 3.5.2-1 3.6.2-1 3.7.2-1" }, async (t) => {
    t.needs(t.ours, "the reaction is not spelled out");
    for (const first of [0x40, 0x50, 0x62, 0x70] as const) {
      await fatal(t, ack(first, 1, 0x42));
      await fatal(t, ack(first, 1, first >= 0x62 ? 0x80 : 0x92));
    }
  });

  test("refuses acknowledgements of wrong length or with wrong properties", {
    v5: "4.13.1-1 G20-1 2.2.2-1",
    v4: "4.8.0-1",
  }, async (t) => {
    const wrong: Buffer[] = [];
    for (const first of [0x40, 0x50, 0x62, 0x70]) {
      wrong.push(packet(first), packet(first, 1));
      if (!t.five) wrong.push(packet(first, hex("0001 00")));
      else {
        wrong.push(packet(first, hex("0001 00 05")), packet(first, hex("0001 00 00 00")));
        wrong.push(packet(first, hex("0001 00 02 01 00")), packet(first, hex("0001 00 03 11 00 00")));
        wrong.push(packet(first, bytes(hex("0001 00 08"), hex("1f 0001 61 1f 0001 61"))));
      }
    }
    await each(wrong, (bad) => fatal(t, bad));
  });

  test("refuses acknowledgements of the wrong kind, or survives them", {
    v5: "4.13.1-1 4.3.3-4",
    v4: "4.8.0-1",
  }, async (t) => {
    for (const [qos, wrong] of [
      [1, 0x50],
      [2, 0x40],
      [2, 0x70],
    ] as const) {
      const client = await subscriber(t, t.topic);
      const publisher = await t.connect();
      await publisher.publish(t.topic, "x", { qos });
      const found = await client.take("publish");
      client.send(ack(wrong, found.id));
      if (t.ours) await client.refused(...FAULTS);
      else await client.ping().catch(() => client.closed());
    }
  });

  test("ignores PUBACK and PUBCOMP for identifiers that it does not know", {
    v5: "G21-22 4.9.0-2",
    v4: "G21-22",
    v3: "G21-22",
  }, async (t) => {
    const client = await subscriber(t, t.topic, { receiveMaximum: 1 });
    for (let id = 100; id < 110; id++) client.send(ack(0x40, id), ack(0x70, id));
    const publisher = await t.connect();
    for (let index = 0; index < 3; index++) await publisher.publish(t.topic, "x", { qos: 1 });
    await client.ping();
    // The conversation refuses a second one in 5.0: idle acknowledgements must not widen the window.
    t.ok(client.inbox.length >= 1, "no message came");
  });

  test("refuses wrong flags of PUBREL in the middle of an exchange", {
    v5: "3.6.1-1 2.1.3-1",
    v4: "3.6.1-1 2.2.2-2",
  }, async (t) => {
    for (const first of [0x60, 0x61, 0x63, 0x64, 0x6a]) {
      const client = await t.connect();
      client.publishOnly(t.topic, "x", { qos: 2, id: 1 });
      await client.take("pubrec");
      client.send(bytes(first, hex("02 0001")));
      await client.refused(...FAULTS);
      t.ok(!client.inbox.some(({ name }) => name === "pubcomp"), "PUBCOMP came");
    }
  });
});
