/** Chapters 3.10 and 3.11: UNSUBSCRIBE and UNSUBACK. */

import { bytes, hex, packet, str, u16 } from "../bytes/bytes.ts";
import { ack, unsubscribe } from "../bytes/packets.ts";
import { P, property, rawProperties } from "../bytes/properties.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, fatal, LASTING, subscriber } from "./common.ts";

export const unsubscribePacket: TestCase[] = chapter("3.10 and 3.11 UNSUBSCRIBE, UNSUBACK", (test) => {
  test("refuses wrong flags, and leaves the subscription", { v5: "3.10.1-1", v4: "3.10.1-1" }, async (t) => {
    const id = t.clientId();
    for (const first of [0xa0, 0xa1, 0xa3, 0xaa]) {
      const client = await subscriber(t, t.topic, { ...LASTING, id });
      client.send(bytes(first, unsubscribe(t.version, 1, [t.topic]).subarray(1)));
      await client.refused(...FAULTS);
      t.ok(!client.inbox.some(({ name }) => name === "unsuback"), "UNSUBACK came");
    }
    const client = await t.connect({ ...LASTING, id });
    await client.publish(t.topic, "x", { qos: 1 });
    t.equal((await client.message()).text, "x", "message");
  });

  test("refuses UNSUBSCRIBE without a filter, or a broken one", {
    v5: "3.10.3-2 3.10.3-1 4.7.3-1",
    v4: "3.10.3-2 3.10.3-1 4.7.3-1",
  }, async (t) => {
    await fatal(t, unsubscribe(t.version, 1, []));
    await fatal(t, packet(0xa2, u16(1), t.five ? 0 : [], hex("0005 61")));
    await fatal(t, packet(0xa2, u16(1), t.five ? 0 : [], str("a"), 0));
    await fatal(t, packet(0xa2, 1));
    const client = await t.connect();
    client.send(unsubscribe(t.version, 1, [""]));
    const answer = await client.next().catch(() => undefined);
    if (answer?.name === "unsuback") t.ok(!t.five || (answer.codes[0] ?? 0) > 0, "an empty filter was unsubscribed");
    else await client.refused(...FAULTS, 0x8f);
  });

  test("deletes exactly the filter that was named", {
    v5: "3.10.4-1 3.10.4-2 3.11.3-2",
    v4: "3.10.4-1 3.10.4-2",
  }, async (t) => {
    const client = await t.connect();
    await client.subscribe([`${t.topic}/#`, `${t.topic}/b`, `${t.topic}/c`]);
    const publisher = await t.connect();
    const received = async (name: string): Promise<number> => {
      await publisher.publish(`${t.topic}/${name}`, "x", { qos: 1 });
      return (await client.drain()).length;
    };
    const none = await client.unsubscribe(`${t.topic}/+`, `${t.topic}/B`, `${t.topic}/b/`, t.topic);
    if (t.five) t.equal(none.codes, [0x11, 0x11, 0x11, 0x11], "codes");
    t.ok((await received("b")) > 0, "a subscription was lost");
    const all = await client.unsubscribe(`${t.topic}/#`);
    if (t.five) t.equal(all.codes, [0], "codes");
    t.equal([await received("b"), await received("c"), await received("d")], [1, 1, 0], "messages");
    await client.unsubscribe(`${t.topic}/b`);
    t.equal([await received("b"), await received("c")], [0, 1], "messages");
  });

  test("wants a shared filter in full", { v5: "3.10.4-1 G20-21" }, async (t) => {
    const client = await t.connect();
    await client.subscribe([`$share/g/${t.topic}`, t.topic]);
    t.equal((await client.unsubscribe(`$share/h/${t.topic}`, `$share/g/${t.topic}/x`)).codes, [0x11, 0x11], "codes");
    t.equal((await client.unsubscribe(t.topic)).codes, [0], "codes");
    await client.publish(t.topic, "x", { qos: 1 });
    t.equal((await client.drain()).length, 1, "messages");
    t.equal((await client.unsubscribe(`$share/g/${t.topic}`)).codes, [0], "codes");
    await client.publish(t.topic, "x", { qos: 1 });
    await client.quiet();
  });

  test("adds no messages after UNSUBACK", { v5: "3.10.4-2", v4: "3.10.4-2" }, async (t) => {
    const client = await subscriber(t, t.topic);
    const publisher = await t.connect();
    await publisher.publish(t.topic, "a", { qos: 1 });
    t.equal((await client.message()).text, "a", "message");
    await client.unsubscribe(t.topic);
    for (const qos of [0, 1, 2]) await publisher.publish(t.topic, "b", { qos });
    await client.quiet();
  });

  test("completes what was started before", { v5: "3.10.4-3", v4: "3.10.4-3" }, async (t) => {
    const id = t.clientId();
    const client = await subscriber(t, t.topic, { ...LASTING, id });
    const publisher = await t.connect();
    await publisher.publish(t.topic, "two", { qos: 2 });
    await publisher.publish(t.topic, "one", { qos: 1 });
    const two = await client.take("publish");
    await client.take("publish");
    await client.unsubscribe(t.topic);
    client.send(ack(0x50, two.id));
    t.equal((await client.take("pubrel")).id, two.id, "PUBREL");
    client.send(ack(0x70, two.id));
    await client.drop();
    const again = await t.connect({ ...LASTING, id });
    const found = await again.message();
    t.equal([found.text, found.dup], ["one", true], "message");
    await again.quiet();
  });

  test("answers every UNSUBSCRIBE, also for what was not there", {
    v5: "3.10.4-4 3.10.4-5 3.11.3-2",
    v4: "3.10.4-4 3.10.4-5",
  }, async (t) => {
    const client = await t.connect();
    for (const id of [1, 0xffff]) {
      client.send(unsubscribe(t.version, id, [`${t.topic}/unknown`]));
      const found = await client.take("unsuback");
      t.equal([found.id, found.codes], [id, t.five ? [0x11] : []], "UNSUBACK");
    }
  });

  test("works a list off in order", { v5: "3.10.4-6 3.11.3-1 3.11.3-2", v4: "3.10.4-6" }, async (t) => {
    const client = await t.connect();
    await client.subscribe([`${t.topic}/a`, `${t.topic}/b`]);
    const found = await client.unsubscribe(`${t.topic}/a`, `${t.topic}/a`, `${t.topic}/b`);
    if (t.five) t.equal(found.codes, [0, 0x11, 0], "codes");
    for (const name of ["a", "b"]) await client.publish(`${t.topic}/${name}`, "x", { qos: 1 });
    await client.quiet();
    t.ok(!client.inbox.some(({ name }) => name === "unsuback"), "a second UNSUBACK came");
  });

  test(
    "leaves reasons out of UNSUBACK where they don't fit",
    { v5: "3.11.2-1 3.11.2-2 3.11.3-2" },
    async (t) => {
      const account = { user: "user", password: "secret" };
      const maximumPacketSize = (await t.connect(account)).connack?.size ?? 0;
      const client = await t.connect({ ...account, maximumPacketSize });
      const found = await client.unsubscribe("forbidden/x");
      t.equal([found.size <= maximumPacketSize, found.properties.length], [true, 0], "small UNSUBACK");
    },
    { profile: "secured" },
  );

  test("refuses properties that UNSUBSCRIBE has not", { v5: "G20-1 4.13.1-1" }, async (t) => {
    const wrong = [
      rawProperties(property(P.subscriptionId, 1)),
      rawProperties(property(P.reasonString, "x")),
      rawProperties(0x44),
      bytes(7, property(P.user, ["", ""])),
    ];
    await each(wrong, (block) => fatal(t, packet(0xa2, u16(1), block, str("a"))));
    const client = await t.connect();
    client.send(
      unsubscribe(
        5,
        1,
        ["a"],
        [
          [P.user, ["a", "b"]],
          [P.user, ["a", "b"]],
        ],
      ),
    );
    await client.take("unsuback");
  });
});
