/** Chapter 1.5: strings, string pairs, Variable Byte Integers. */

import { bytes, hex, packet, str, u16 } from "../bytes/bytes.ts";
import { connect, publish, subscribe, unsubscribe } from "../bytes/packets.ts";
import { P, properties, property, rawProperties } from "../bytes/properties.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, fatal, ILL_FORMED, subscriber, WITH_NUL } from "./common.ts";

/** A SUBSCRIBE whose property block is given. */
function subscribeWith(block: Buffer): Buffer {
  return packet(0x82, u16(1), block, str("a"), 0);
}

export const dataTypes: TestCase[] = chapter("1.5 Data representation", (test) => {
  test("refuses a topic name that is not UTF-8", { v5: "1.5.4-1 3.3.2-1", v4: "1.5.3-1 3.3.2-1" }, async (t) => {
    const watcher = await subscriber(t, "#");
    await each(ILL_FORMED, (bad) => fatal(t, publish(t.version, bad, "x")));
    await watcher.ping();
    t.ok(!watcher.inbox.some((found) => found.topic.includes("\ufffd")), "an ill-formed topic was forwarded");
  });

  test("refuses a topic filter in SUBSCRIBE that is not UTF-8", {
    v5: "1.5.4-1 3.8.3-1",
    v4: "1.5.3-1 3.8.3-1",
  }, async (t) => {
    await each(ILL_FORMED, (bad) => fatal(t, subscribe(t.version, 1, [[bad, 0]])));
  });

  test("refuses a topic filter in UNSUBSCRIBE that is not UTF-8", {
    v5: "1.5.4-1 3.10.3-1",
    v4: "1.5.3-1 3.10.3-1",
  }, async (t) => {
    await each(ILL_FORMED, (bad) => fatal(t, unsubscribe(t.version, 1, [bad])));
  });

  test("refuses a CONNECT whose client identifier is not UTF-8", {
    v5: "1.5.4-1 3.1.3-4",
    v4: "1.5.3-1 3.1.3-4",
  }, async (t) => {
    await each([...ILL_FORMED, WITH_NUL], async (bad) => {
      const client = await t.try({ id: bad });
      const last = await client.refused(0x81, 0x82, 0x85);
      if (last !== undefined && !t.five) t.equal(last.code, 2, "return code");
    });
  });

  test("refuses a CONNECT whose will topic is not UTF-8", {
    v5: "1.5.4-1 3.1.3-11",
    v4: "1.5.3-1 3.1.3-10",
  }, async (t) => {
    await each([...ILL_FORMED, WITH_NUL], (bad) => t.refuse({ will: { topic: bad, payload: "x" } }, 0x81, 0x82, 0x90));
  });

  test("refuses a CONNECT whose user name is not UTF-8", {
    v5: "1.5.4-1 3.1.3-12",
    v4: "1.5.3-1 3.1.3-11",
  }, async (t) => {
    await each([...ILL_FORMED, WITH_NUL], (bad) => t.refuse({ user: bad, password: "p" }, 0x81, 0x82, 0x86));
  });

  test("accepts any bytes in a password", { v5: "3.1.3-12 1.5.4-2", v4: "1.5.3-2 3.1.3-11" }, async (t) => {
    await t.connect({ user: "user", password: hex("00ff c080 eda080") });
  });

  test("refuses U+0000 in topic names and filters", { v5: "1.5.4-2 4.7.3-2", v4: "1.5.3-2 4.7.3-2" }, async (t) => {
    await fatal(t, publish(t.version, WITH_NUL, "x"));
    await fatal(t, subscribe(t.version, 1, [[WITH_NUL, 0]]));
    await fatal(t, unsubscribe(t.version, 1, [WITH_NUL]));
  });

  test("refuses U+0000 in properties", { v5: "1.5.4-2 1.5.7-1" }, async (t) => {
    for (const pair of [["a\u0000", "b"] as const, ["a", "b\u0000"] as const]) {
      await fatal(t, publish(5, t.topic, "x", { props: [[P.user, pair]] }));
    }
    await fatal(t, publish(5, t.topic, "x", { props: [[P.contentType, "a\u0000"]] }));
    await fatal(t, publish(5, t.topic, "x", { props: [[P.responseTopic, "a\u0000"]] }));
  });

  test("keeps the byte 00 in payloads and wills", { v5: "1.5.4-2", v4: "1.5.3-2" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect({ will: { topic: t.topic, payload: hex("00ff00") } });
    await client.publish(t.topic, hex("0000ffc0"));
    t.equal((await watcher.message()).payload.toString("hex"), "0000ffc0", "payload");
    await client.drop();
    t.equal((await watcher.message()).payload.toString("hex"), "00ff00", "will payload");
  });

  test("keeps U+FEFF at the start of topics and filters", { v5: "1.5.4-3", v4: "1.5.3-3" }, async (t) => {
    const marked = `\ufeff${t.topic}`;
    const [plain, exact] = [await subscriber(t, t.topic), await subscriber(t, marked)];
    const publisher = await t.connect();
    await publisher.publish(marked, "x");
    const found = await exact.message();
    t.equal(found.topicBytes.toString("hex"), `efbbbf${Buffer.from(t.topic).toString("hex")}`, "topic bytes");
    await plain.quiet();
  });

  test("keeps U+FEFF at the start of a user property", { v5: "1.5.4-3 1.5.7-1" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    await watcher.publish(t.topic, "x", { props: [[P.user, ["\ufeffname", "\ufeffvalue"]]] });
    t.equal((await watcher.message()).prop(P.user), ["\ufeffname", "\ufeffvalue"], "user property");
  });

  test("keeps sessions of a client identifier with and without U+FEFF apart", {
    v5: "1.5.4-3",
    v4: "1.5.3-3",
  }, async (t) => {
    const id = t.clientId();
    const first = await t.connect({ id: `\ufeff${id}`, clean: false, expiry: 60 });
    await first.drop();
    const other = await t.connect({ id, clean: false });
    t.equal(other.connack?.sessionPresent, false, "session present");
    const again = await t.connect({ id: `\ufeff${id}`, clean: false });
    t.equal(again.connack?.sessionPresent, true, "session present of the first");
  });

  test("refuses ill-formed UTF-8 in every string property of a PUBLISH", {
    v5: "1.5.4-1 1.5.7-1 3.3.2-13 3.3.2-19",
  }, async (t) => {
    for (const bad of [ILL_FORMED[0], ILL_FORMED[5]] as Buffer[]) {
      for (const id of [P.contentType, P.responseTopic]) {
        await fatal(t, publish(5, t.topic, "x", { props: [[id, bad]] }), [0x81, 0x82, 0x90]);
      }
      for (const pair of [bytes(P.user, str(bad), str("v")), bytes(P.user, str("n"), str(bad))]) {
        await fatal(t, publish(5, t.topic, "x", { rawProps: rawProperties(pair) }));
      }
    }
  });

  test("refuses ill-formed UTF-8 in properties of CONNECT and SUBSCRIBE", { v5: "1.5.4-1 1.5.7-1" }, async (t) => {
    const bad = bytes(P.user, str("n"), str(hex("c080")));
    await t.refuse({ rawProps: rawProperties(bad) }, 0x81, 0x82);
    await t.refuse({ props: [[P.authMethod, hex("c328")]] }, 0x81, 0x82);
    await fatal(t, subscribeWith(rawProperties(bad)));
  });

  test("refuses ill-formed UTF-8 and U+0000 in the properties of every other packet", {
    v5: "1.5.4-1 1.5.4-2 1.5.7-1",
  }, async (t) => {
    const blocks = [hex("c328"), hex("eda080"), hex("ff"), WITH_NUL].flatMap((bad) => [
      rawProperties(property(P.reasonString, bad)),
      rawProperties(P.user, str(bad), str("v")),
      rawProperties(P.user, str("n"), str(bad)),
    ]);
    // UNSUBSCRIBE and SUBSCRIBE have no Reason String: it is as wrong there as its bytes.
    for (const [index, block] of blocks.entries()) {
      await each([0x40, 0x50, 0x62, 0x70], (first) => fatal(t, packet(first, u16(1), 0, block)));
      await fatal(t, packet(0xe0, 0, block));
      if (index % 3 === 0) continue;
      await fatal(t, packet(0xa2, u16(1), block, str("a")));
      await fatal(t, subscribeWith(block));
      const rawPayload = bytes(str(t.clientId()), block, str(t.topic), str("x"));
      await t.refuse({ flags: 0x06, rawPayload }, ...FAULTS);
    }
    await each([P.contentType, P.responseTopic], async (id) => {
      const rawPayload = bytes(str(t.clientId()), rawProperties(property(id, hex("c080"))), str(t.topic), str("x"));
      await t.refuse({ flags: 0x06, rawPayload }, ...FAULTS, 0x90);
    });
  });

  test("passes on well-formed pairs, empty ones too", { v5: "1.5.7-1" }, async (t) => {
    const pairs = [
      ["", ""],
      ["name", ""],
      ["", "value"],
      ["ключ", "値 🌍"],
    ] as const;
    const watcher = await subscriber(t, t.topic);
    await watcher.publish(t.topic, "x", { props: pairs.map((pair) => [P.user, pair] as const) });
    t.equal((await watcher.message()).props(P.user), [...pairs], "user properties");
  });

  test("passes on control characters unchanged or refuses them", { v5: "G21-8" }, async (t) => {
    const watcher = await subscriber(t, `${t.topic}/#`);
    const client = await t.connect();
    client.publishOnly(`${t.topic}/a\u0001\u007f\u0085`, "x", { qos: 1 });
    const answer = await client.next().catch(() => undefined);
    if (answer?.name !== "puback" || answer.code >= 0x80) return watcher.quiet();
    t.equal((await watcher.message()).topic, `${t.topic}/a\u0001\u007f\u0085`, "topic");
  });

  test("writes lengths in the fewest bytes at every border", { v5: "1.5.5-1 2.2.2-1", v4: "2.3.1-5" }, async (t) => {
    // The strict decoder refuses any other form; here is what makes it look at all of them.
    const watcher = await subscriber(t, t.topic);
    const around = [100, 110, 120, 127, 128, 16370, 16383, 16384, 17000, 2097140, 2097152, 2100000];
    await each(around, async (size) => {
      await watcher.publish(t.topic, Buffer.alloc(size, 1));
      t.equal((await watcher.message()).payload.length, size, "payload length");
    });
  });

  test("writes property lengths and subscription identifiers in the fewest bytes", {
    v5: "1.5.5-1 G20-5",
  }, async (t) => {
    await each([1, 127, 128, 16383, 16384, 2097151, 2097152, 268435455], async (id) => {
      const watcher = await t.connect();
      await watcher.subscribe(t.topic, [[P.subscriptionId, id]]);
      for (const length of [110, 127, 128, 16380]) {
        await watcher.publish(t.topic, "x", { props: [[P.user, ["n", "v".repeat(length)]]] });
        t.equal((await watcher.message()).prop(P.subscriptionId), id, "subscription identifier");
      }
      await watcher.disconnect();
    });
  });

  test("refuses lengths of five bytes as soon as they are seen", {
    v5: "1.5.5-1 3.1.4-1",
    v4: "3.1.4-1",
  }, async (t) => {
    const client = await t.connect();
    // A fifth byte is not worth waiting for, but a broker may.
    const rest = t.ours ? "" : "7f";
    client.send(hex(`30 ff ff ff ff ${rest}`));
    await client.refused(...FAULTS, 0x95);
    const first = await t.open();
    first.send(hex(`10 80 80 80 80 ${rest}`));
    await first.refused(...FAULTS, 0x95);
  });

  test("refuses lengths of five bytes and idle bytes in properties", { v5: "1.5.5-1 G21-9" }, async (t) => {
    await fatal(t, packet(0x30, str(t.topic), hex("ff ff ff ff 7f")));
    await fatal(t, subscribeWith(rawProperties(P.subscriptionId, hex("ff ff ff ff 01"))));
    t.needs(t.ours, "acceptance is no fault by the standard, which binds the encoder");
    await fatal(t, subscribeWith(rawProperties(P.subscriptionId, hex("81 00"))));
    await fatal(t, packet(0x30, str(t.topic), hex("80 00")));
    await fatal(t, hex("c0 80 00"));
  });

  test("takes properties in any order", { v5: "1.5.7-1 2.2.2-1" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const block = [property(P.user, ["a", "1"]), property(P.contentType, "c"), property(P.user, ["b", "2"])];
    watcher.send(publish(5, t.topic, "x", { rawProps: rawProperties(...block, property(P.messageExpiry, 100)) }));
    const found = await watcher.message();
    t.equal(
      found.props(P.user),
      [
        ["a", "1"],
        ["b", "2"],
      ],
      "user properties",
    );
    t.equal([found.prop(P.contentType), found.prop(P.messageExpiry)], ["c", 100], "others");
    const late = await t.open({ id: t.clientId() });
    late.send(
      connect(5, {
        id: t.clientId(),
        rawProps: properties([
          [P.user, ["x", "y"]],
          [P.receiveMaximum, 5],
        ]),
      }),
    );
    t.equal((await late.next()).code, 0, "CONNACK code");
  });
});
