/** Chapters 3.8 and 3.9: SUBSCRIBE and SUBACK. */

import { bytes, hex, packet, str, u16 } from "../bytes/bytes.ts";
import { type Filter, subscribe, unsubscribe } from "../bytes/packets.ts";
import { P, properties, property, rawProperties } from "../bytes/properties.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, fatal, LASTING, subscriber } from "./common.ts";

const ACCOUNT = { user: "user", password: "secret" };

export const subscribePacket: TestCase[] = chapter("3.8 and 3.9 SUBSCRIBE, SUBACK", (test) => {
  test("refuses wrong flags, and subscribes to nothing", { v5: "3.8.1-1", v4: "3.8.1-1" }, async (t) => {
    const id = t.clientId();
    for (const first of [0x80, 0x81, 0x83, 0x8a, 0x8f]) {
      const client = await t.connect({ ...LASTING, id });
      client.send(bytes(first, subscribe(t.version, 1, [[t.topic, 1]]).subarray(1)));
      await client.refused(...FAULTS);
      t.ok(!client.inbox.some(({ name }) => name === "suback"), "SUBACK came");
    }
    const client = await t.connect({ ...LASTING, id });
    await client.publish(t.topic, "x", { qos: 1 });
    await client.quiet();
  });

  test("refuses SUBSCRIBE without a filter, or without its options", { v5: "3.8.3-2", v4: "3.8.3-3" }, async (t) => {
    await fatal(t, subscribe(t.version, 1, []));
    await fatal(t, packet(0x82, u16(1), t.five ? 0 : [], str("a")));
    await fatal(t, packet(0x82, u16(1), t.five ? 0 : [], str("a"), 0, str("b")));
    await fatal(t, packet(0x82, u16(1), t.five ? 0 : [], hex("0005 61")));
    await fatal(t, packet(0x82, u16(1)));
    await fatal(t, packet(0x82, 1));
  });

  test("hides a client's own messages with No Local", { v5: "3.8.3-3 3.8.4-3" }, async (t) => {
    const client = await t.connect();
    await client.subscribe([t.topic, 0x05]);
    const other = await subscriber(t, t.topic);
    for (const qos of [0, 1, 2]) await client.publish(t.topic, "own", { qos, retain: qos === 1 });
    await client.quiet();
    await other.publish(t.topic, "other", { qos: 1 });
    t.equal((await client.message()).text, "other", "message of another client");
    t.equal(
      (await other.messages(4)).map(({ text }) => text),
      ["own", "own", "own", "other"],
      "messages of the other",
    );
    await client.subscribe([t.topic, 0x21]);
    await client.publish(t.topic, "own", { qos: 1 });
    t.equal((await client.message()).text, "own", "message without No Local");
  });

  test("hides a session's own messages from itself after a resume", { v5: "3.8.3-3" }, async (t) => {
    const id = t.clientId();
    const first = await t.connect({ ...LASTING, id });
    await first.subscribe([t.topic, 0x05]);
    await first.drop();
    const again = await t.connect({ ...LASTING, id });
    await again.publish(t.topic, "own", { qos: 1 });
    await again.quiet();
  });

  test("refuses No Local on shared subscriptions", { v5: "3.8.3-4" }, async (t) => {
    const client = await fatal(t, subscribe(5, 1, [["$share/g/t", 0x05]]));
    t.ok(!client.inbox.some(({ name }) => name === "suback"), "SUBACK came");
  });

  test("refuses reserved option bits, QoS 3 and Retain Handling 3", {
    v5: "3.8.3-5 G20-7",
    v4: "3.8.3-4",
  }, async (t) => {
    const wrong = t.five ? [0x40, 0x80, 0xc0, 0x03, 0x30, 0x33] : [0x03, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff];
    await each(wrong, async (options) => {
      const client = await fatal(
        t,
        subscribe(t.version, 1, [
          ["a", 0],
          [t.topic, options],
        ]),
      );
      t.ok(!client.inbox.some(({ name }) => name === "suback"), "SUBACK came");
    });
  });

  test("takes all legal options", { v5: "3.8.3-5 3.8.4-7" }, async (t) => {
    const client = await t.connect();
    const filters: Filter[] = [];
    for (const qos of [0, 1, 2])
      for (const bits of [0, 4, 8, 0x0c])
        for (const handling of [0, 0x10, 0x20]) filters.push([`${t.topic}/${filters.length}`, qos | bits | handling]);
    const suback = await client.subscribe(filters);
    t.equal(
      suback.codes,
      filters.map(([, options]) => options & 3),
      "codes",
    );
  });

  test("answers every SUBSCRIBE", { v5: "3.8.4-1 3.8.4-2", v4: "3.8.4-1 3.8.4-2" }, async (t) => {
    const client = await t.connect();
    for (const id of [1, 0x00ff, 0xffff]) {
      client.send(subscribe(t.version, id, [[t.topic, 0]]));
      t.equal((await client.take("suback")).id, id, "identifier");
    }
  });

  test("replaces a subscription by another one to the same filter", {
    v5: "3.8.4-3 G20-23",
    v4: "3.8.4-3",
  }, async (t) => {
    const client = await t.connect();
    await client.subscribe([t.topic, 0], t.five ? [[P.subscriptionId, 1]] : []);
    await client.subscribe([t.topic, 1]);
    const publisher = await t.connect();
    await publisher.publish(t.topic, "x", { qos: 2 });
    const found = await client.message();
    t.equal([found.qos, found.props(P.subscriptionId)], [1, []], "message");
    await client.quiet();
    await client.subscribe([t.topic, 2], t.five ? [[P.subscriptionId, 9]] : []);
    await publisher.publish(t.topic, "x", { qos: 2 });
    const again = await client.message();
    t.equal([again.qos, again.props(P.subscriptionId)], [2, t.five ? [9] : []], "message");
    await client.unsubscribe(t.topic);
    await publisher.publish(t.topic, "x", { qos: 1 });
    await client.quiet();
  });

  test("loses nothing while a subscription is replaced", { v5: "3.8.4-4", v4: "3.8.4-3" }, async (t) => {
    const client = await subscriber(t, t.topic);
    const publisher = await t.connect();
    await publisher.publish(`${t.topic}`, "kept", { retain: true, qos: 1 });
    await client.message();
    const streaming = (async () => {
      for (let index = 0; index < 40; index++) await publisher.publish(t.topic, `${index}`, { qos: 1 });
    })();
    for (let round = 0; round < 5; round++) await client.subscribe([t.topic, 1]);
    await streaming;
    const found = (await client.drain()).map(({ text, retain }) => (retain ? "retained" : text));
    t.equal(
      found.filter((text) => text !== "retained"),
      Array.from({ length: 40 }, (_, index) => `${index}`),
      "stream",
    );
    t.equal(found.filter((text) => text === "retained").length, 5, "retained messages");
  });

  test("works a list of filters off like single ones", {
    v5: "3.8.4-5 3.8.4-6 3.8.4-3",
    v4: "3.8.4-4 3.8.4-5",
  }, async (t) => {
    const client = await t.connect();
    for (const name of ["a", "b"]) await client.publish(`${t.topic}/${name}`, name, { retain: true, qos: 2 });
    const suback = await client.subscribe([
      [`${t.topic}/a`, 0],
      [`${t.topic}/b`, 1],
      [`${t.topic}/a`, 2],
    ]);
    t.equal(suback.codes, [0, 1, 2], "codes");
    const retained = (await client.drain()).map(({ text }) => text);
    t.ok(retained.includes("a") && retained.includes("b"), "retained messages");
    await client.publish(`${t.topic}/a`, "x", { qos: 2 });
    t.equal((await client.message()).qos, 2, "QoS");
    await client.quiet();
  });

  test("has one code for each filter, in their order", {
    v5: "3.8.4-6 3.9.3-1 3.8.4-7",
    v4: "3.8.4-5 3.9.3-1",
  }, async (t) => {
    const client = await t.connect();
    for (const count of [1, 2, 3, 100]) {
      const filters = Array.from({ length: count }, (_, index): Filter => [`${t.topic}/${index}`, (index * 7) % 3]);
      t.equal(
        (await client.subscribe(filters)).codes,
        filters.map(([, qos]) => qos),
        "codes",
      );
    }
  });

  test(
    "refuses one filter and grants the others, in order",
    { v5: "3.8.4-7 3.9.3-1 3.9.3-2", v4: "3.8.4-5 3.9.3-1 3.9.3-2" },
    async (t) => {
      const client = await t.connect(ACCOUNT);
      const suback = await client.trySubscribe([
        [`${t.topic}/a`, 2],
        ["forbidden/x", 1],
        [`${t.topic}/b`, 1],
      ]);
      t.equal([suback.codes[0], suback.codes[2], suback.codes.length], [2, 1, 3], "codes granted");
      t.needs((suback.codes[1] ?? 0) >= 0x80, "the broker grants and is silent");
      if (!t.five) t.equal(suback.codes[1], 0x80, "code refused");
      for (const name of ["a", "b"]) await client.publish(`${t.topic}/${name}`, name, { qos: 1 });
      t.equal(
        (await client.messages(2)).map(({ text }) => text),
        ["a", "b"],
        "messages",
      );
    },
    { profile: "secured" },
  );

  test(
    "leaves reasons out of SUBACK where they don't fit",
    { v5: "3.9.2-1 3.9.2-2" },
    async (t) => {
      const maximumPacketSize = (await t.connect(ACCOUNT)).connack?.size ?? 0;
      const small = await t.connect({ ...ACCOUNT, maximumPacketSize });
      const suback = await small.trySubscribe("forbidden/x");
      t.equal([suback.size <= maximumPacketSize, suback.properties.length], [true, 0], "small SUBACK");
    },
    { profile: "secured" },
  );

  test("sends no SUBACK or UNSUBACK above the client's maximum packet size", { v5: "3.1.2-24" }, async (t) => {
    // The conversation refuses a larger one. None of its codes may be missing, so all that is left is to end it.
    const maximumPacketSize = 64;
    const filters = Array.from({ length: 100 }, (_, index) => `${t.topic}/${index}`);
    for (const whole of [
      subscribe(
        5,
        1,
        filters.map((filter): Filter => [filter, 0]),
      ),
      unsubscribe(5, 2, filters),
    ]) {
      const client = await t.connect({ maximumPacketSize });
      client.send(whole);
      if (t.ours) await client.refused(0x95);
      else await client.ping().catch(() => client.closed());
      t.ok(!client.inbox.some(({ name }) => name === "suback" || name === "unsuback"), "an answer came");
    }
    const fits = await t.connect({ maximumPacketSize });
    t.equal(
      (await fits.subscribe(filters.slice(0, 59).map((filter): Filter => [filter, 0]))).size,
      64,
      "size of SUBACK",
    );
  });

  test("delivers at the lower of both QoS: live, retained and queued", { v5: "3.8.4-8", v4: "3.8.4-6" }, async (t) => {
    const publisher = await t.connect();
    for (const granted of [0, 1, 2]) {
      const id = t.clientId();
      const topic = `${t.topic}/${granted}`;
      const live = await subscriber(t, [topic, granted]);
      const away = await subscriber(t, [topic, granted], { ...LASTING, id });
      await away.drop();
      for (const qos of [0, 1, 2]) {
        await publisher.publish(topic, `${qos}`, { qos, retain: true });
        t.equal((await live.message()).qos, Math.min(qos, granted), "live");
        const late = await subscriber(t, [topic, granted]);
        t.equal((await late.message()).qos, Math.min(qos, granted), "retained");
      }
      const found = (await (await t.connect({ ...LASTING, id })).drain()).filter(
        ({ text }) => granted > 0 && text !== "0",
      );
      t.equal(
        found.map(({ text, qos }) => [text, qos]),
        granted === 0
          ? []
          : [
              ["1", 1],
              ["2", granted],
            ],
        "queued",
      );
    }
  });

  test("keeps, changes and forgets subscription identifiers", { v5: "G20-23 G20-24 3.3.4-3" }, async (t) => {
    const id = t.clientId();
    const first = await t.connect({ ...LASTING, id });
    await first.subscribe(
      [
        [`${t.topic}/a`, 1],
        [`${t.topic}/b`, 1],
      ],
      [[P.subscriptionId, 300]],
    );
    await first.drop();
    const publisher = await t.connect();
    await publisher.publish(`${t.topic}/a`, "x", { qos: 1 });
    const again = await t.connect({ ...LASTING, id });
    t.equal((await again.message()).props(P.subscriptionId), [300], "of a queued message");
    await publisher.publish(`${t.topic}/b`, "x", { qos: 1 });
    t.equal((await again.message()).props(P.subscriptionId), [300], "after the resume");
    await again.unsubscribe(`${t.topic}/a`);
    await again.subscribe([`${t.topic}/a`, 1]);
    await publisher.publish(`${t.topic}/a`, "x", { qos: 1 });
    t.equal((await again.message()).props(P.subscriptionId), [], "after UNSUBSCRIBE");
    const clean = await t.connect({ id, clean: true });
    await clean.subscribe([`${t.topic}/b`, 1]);
    await publisher.publish(`${t.topic}/b`, "x", { qos: 1 });
    t.equal((await clean.message()).props(P.subscriptionId), [], "after Clean Start");
  });

  test("refuses subscription identifier 0, twice, or too large", { v5: "G20-5 G20-1 G20-2" }, async (t) => {
    const wrong = [
      rawProperties(property(P.subscriptionId, 0)),
      rawProperties(property(P.subscriptionId, 1), property(P.subscriptionId, 2)),
      rawProperties(P.subscriptionId, hex("80 80 80 80 01")),
      rawProperties(property(P.sessionExpiry, 1)),
      rawProperties(0x55, 1),
      bytes(9, property(P.subscriptionId, 1)),
    ];
    await each(wrong, (block) => fatal(t, packet(0x82, u16(1), block, str("a"), 0)));
    const client = await t.connect();
    client.send(packet(0x82, u16(1), properties([[P.user, ["a", "b"]]]), str("a"), 0));
    await client.take("suback");
  });

  test("sends retained messages after SUBACK and before later live ones", {
    v5: "G21-16",
    v4: "G21-16",
    v3: "G21-16",
  }, async (t) => {
    t.needs(t.ours, "the order is the broker's choice");
    const publisher = await t.connect();
    for (let index = 0; index < 10; index++) await publisher.publish(`${t.topic}/${index}`, "kept", { retain: true });
    const client = await t.connect();
    client.send(subscribe(t.version, 1, [[`${t.topic}/#`, 1]]));
    t.equal((await client.next()).name, "suback", "first packet");
    await publisher.publish(`${t.topic}/live`, "live");
    const found = await client.messages(11);
    t.equal(
      found.map(({ text }) => text),
      [...Array(10).fill("kept"), "live"],
      "messages",
    );
  });

  test("has only codes of its list", { v5: "3.9.3-2", v4: "3.9.3-2" }, async (t) => {
    // The strict decoder refuses all others; odd filters bring out what codes there are.
    for (const filter of ["a", "#", "$share/g/a", "a#", "$share/g", "+a", "$SYS/#", "x".repeat(1000)]) {
      const client = await t.connect();
      client.send(subscribe(t.version, 1, [[filter, 1]]));
      const answer = await client.next().catch(() => undefined);
      t.oneOf(answer?.name, ["suback", "disconnect", undefined], "answer");
      if (answer?.name === "suback")
        t.oneOf(
          answer.codes[0],
          t.five ? [0, 1, 2, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2] : [0, 1, 2, 0x80],
          "code",
        );
    }
  });
});
