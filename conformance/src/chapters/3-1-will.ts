/** Chapter 3.1.2.5 to 3.1.3.4: the will. */

import { bytes, hex, str, u16 } from "../bytes/bytes.ts";
import { disconnect, pingreq, type WillOptions } from "../bytes/packets.ts";
import { P, type Property, property, rawProperties } from "../bytes/properties.ts";
import type { Client } from "../client/client.ts";
import type { TestContext } from "../runner/context.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, fatal, LASTING, subscriber } from "./common.ts";

/** A will that comes after `delay` seconds. */
function delayed(topic: string, delay: number, more: Partial<WillOptions> = {}): WillOptions {
  return { topic, payload: "will", props: [[P.willDelay, delay]], ...more };
}

/** Ends a connection without DISCONNECT: the will comes then, not before `least` milliseconds and not after `most`. */
async function willComes(
  t: TestContext,
  client: Client,
  watcher: Client,
  [least, most]: readonly [number, number],
): Promise<void> {
  const began = Date.now();
  await client.drop();
  await watcher.message();
  t.within(began, least, most, "the will came");
}

async function willOf(t: TestContext, will: Partial<WillOptions>, end: (client: Client) => unknown): Promise<void> {
  const client = await t.connect({ will: { topic: t.topic, payload: "will", ...will } });
  await end(client);
  await client.closed();
}

export const will: TestCase[] = chapter("3.1.2.5 Will", (test) => {
  test("publishes the will as it was given", {
    v5: "3.1.2-7 3.1.2-8 G20-33 3.3.2-4 3.3.2-15 3.3.2-16 3.3.2-17 3.3.2-20",
    v4: "3.1.2-8 3.1.2-9 G20-33",
    v3: "G20-33",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const props: Property[] = [
      [P.payloadFormat, 1],
      [P.contentType, "text/plain"],
      [P.responseTopic, "answer/here"],
      [P.correlationData, hex("00ff01")],
      [P.user, ["a", "1"]],
    ];
    const began = Date.now();
    await willOf(t, { payload: "the will", props }, (client) => client.drop());
    const found = await watcher.message();
    t.within(began, 0, 2000, "the will came");
    t.equal([found.text, found.qos, found.retain], ["the will", 0, false], "will");
    if (t.five) {
      t.equal(
        found.properties.filter(([id]) => id !== P.correlationData).sort(),
        [...props].filter(([id]) => id !== P.correlationData).sort(),
        "properties",
      );
      t.equal((found.prop(P.correlationData) as Buffer).toString("hex"), "00ff01", "correlation data");
      t.equal(found.prop(P.willDelay), undefined, "will delay");
    }
    await watcher.quiet();
  });

  test("publishes the will after a cut connection", { v5: "3.1.2-8", v4: "3.1.2-8" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const began = Date.now();
    await willOf(t, {}, (client) => client.cut());
    t.equal((await watcher.message()).text, "will", "will");
    t.within(began, 0, 4000, "the will came");
  });

  test("publishes the will after a malformed packet and after a protocol error", {
    v5: "3.1.2-8 4.13.1-1",
    v4: "3.1.2-8 4.8.0-1",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    for (const bad of ["36 05 0001 61 0001", "82 02 0001"]) {
      await willOf(t, { payload: bad }, (client) => client.send(hex(bad)));
      t.equal((await watcher.message()).text, bad, "will");
    }
  });

  test("publishes no will after a normal DISCONNECT", {
    v5: "3.1.2-8 3.1.2-10 3.14.4-3 G20-28",
    v4: "3.1.2-8 3.1.2-10 3.14.4-3",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    await willOf(t, {}, (client) => client.disconnect());
    if (t.five) {
      await willOf(t, {}, (client) => client.disconnect(0));
      await willOf(t, {}, (client) => client.disconnect(0, []));
    }
    await watcher.quiet();
    await t.sleep(500);
    await watcher.quiet();
  });

  test("publishes the will after DISCONNECT with any other code of a client", {
    v5: "3.1.2-8 4.13.2-1 3.14.2-1",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    await each([0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99], async (code) => {
      await willOf(t, { payload: `${code}` }, (client) => client.disconnect(code));
      t.equal((await watcher.message()).text, `${code}`, "will");
    });
  });

  test(
    "holds the will back for its delay",
    { v5: "3.1.2-8 3.1.2-7" },
    async (t) => {
      const watcher = await subscriber(t, t.topic);
      const client = await t.connect({ ...LASTING, will: delayed(t.topic, 2) });
      await willComes(t, client, watcher, [1850, 4500]);
    },
    { seconds: 3 },
  );

  test(
    "publishes the will at the end of the session, if that comes first",
    { v5: "3.1.2-8 4.1.0-2" },
    async (t) => {
      const watcher = await subscriber(t, t.topic);
      const client = await t.connect({ clean: false, expiry: 1, will: delayed(t.topic, 60) });
      await willComes(t, client, watcher, [850, 3500]);
      // Without an expiry interval the session ends with its connection.
      await willComes(t, await t.connect({ will: delayed(t.topic, 60) }), watcher, [0, 2500]);
    },
    { seconds: 3 },
  );

  test(
    "keeps the will to itself when its client comes back in time",
    { v5: "3.1.2-8 3.1.3-9" },
    async (t) => {
      const watcher = await subscriber(t, t.topic);
      const id = t.clientId();
      const client = await t.connect({ ...LASTING, id, will: delayed(t.topic, 4) });
      await client.drop();
      await t.sleep(700);
      const again = await t.connect({ ...LASTING, id });
      t.equal(again.connack?.sessionPresent, true, "session present");
      await t.sleep(5000);
      await watcher.quiet();
      await again.drop();
      await t.sleep(300);
      await watcher.quiet();
    },
    { seconds: 7 },
  );

  test("publishes a delayed will when Clean Start 1 ends its session", { v5: "3.1.3-9 3.1.2-8 3.1.4-3" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const id = t.clientId();
    const client = await t.connect({ ...LASTING, id, will: delayed(t.topic, 30) });
    await client.drop();
    const began = Date.now();
    await t.connect({ id, clean: true });
    t.equal((await watcher.message()).text, "will", "will");
    t.within(began, 0, 4000, "the will came");
  });

  test(
    "follows the delay at a takeover",
    { v5: "3.1.4-3 3.1.3-9 3.1.2-8" },
    async (t) => {
      const watcher = await subscriber(t, t.topic);
      const id = t.clientId();
      await t.connect({ ...LASTING, id, will: delayed(t.topic, 1) });
      await t.connect({ ...LASTING, id, will: delayed(t.topic, 30, { payload: "second" }) });
      await t.sleep(2000);
      await watcher.quiet();
      await t.connect({ ...LASTING, id, clean: true });
      t.equal((await watcher.message()).text, "second", "will of the session that ended");
    },
    { seconds: 3 },
  );

  test("publishes a will once", { v5: "3.1.2-10", v4: "3.1.2-10 3.1.2-12" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const id = t.clientId();
    const first = await t.connect({ ...LASTING, id, will: { topic: t.topic, payload: "will" } });
    await first.drop();
    await watcher.message();
    const second = await t.connect({ ...LASTING, id });
    await second.drop();
    await t.sleep(300);
    await watcher.quiet();
  });

  test("publishes no will when there is none", { v4: "3.1.2-12 3.1.2-10", v5: "3.1.2-10" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const id = t.clientId();
    const first = await t.connect({ ...LASTING, id, will: { topic: t.topic, payload: "will" } });
    await first.disconnect();
    const second = await t.connect({ ...LASTING, id });
    second.cut();
    await t.sleep(500);
    await watcher.quiet();
  });

  test(
    "forgets the will at DISCONNECT even when the session ends later",
    { v5: "3.14.4-3 3.1.2-10" },
    async (t) => {
      const watcher = await subscriber(t, t.topic);
      const client = await t.connect({ clean: false, expiry: 1, will: delayed(t.topic, 1) });
      await client.disconnect(0);
      await t.sleep(2500);
      await watcher.quiet();
    },
    { seconds: 3 },
  );

  test("refuses will flags without the Will Flag", {
    v5: "3.1.2-11 3.1.2-13",
    v4: "3.1.2-11 3.1.2-13 3.1.2-15 3.1.4-1",
  }, async (t) => {
    await each([0x0a, 0x12, 0x1a, 0x22, 0x2a], async (flags) => {
      const client = await t.refuse({ flags }, ...FAULTS);
      if (!t.five) t.equal(client.inbox.length, 0, "packets received");
    });
  });

  test("refuses Will QoS 3", { v5: "3.1.2-12 G20-11", v4: "3.1.2-14 3.1.4-1 G20-11" }, async (t) => {
    for (const retain of [false, true]) {
      const client = await t.refuse({ will: { topic: t.topic, payload: "x", qos: 3, retain } }, ...FAULTS);
      if (!t.five) t.equal(client.inbox.length, 0, "packets received");
    }
  });

  test("publishes the will at its QoS", { v5: "3.1.2-12", v4: "3.1.2-9 3.1.2-14" }, async (t) => {
    const [high, low] = [await subscriber(t, [t.topic, 2]), await subscriber(t, [t.topic, 0])];
    for (const qos of [0, 1, 2]) {
      await willOf(t, { qos }, (client) => client.drop());
      t.equal((await high.message()).qos, qos, "QoS");
      t.equal((await low.message()).qos, 0, "QoS granted");
    }
  });

  test("publishes a will without retain as a plain message", { v5: "3.1.2-14", v4: "3.1.2-16" }, async (t) => {
    const publisher = await t.connect();
    await publisher.publish(t.topic, "kept", { retain: true });
    const watcher = await subscriber(t, `${t.topic}/#`);
    t.equal((await watcher.message()).text, "kept", "retained message");
    await willOf(t, {}, (client) => client.drop());
    t.equal((await watcher.message()).retain, false, "RETAIN");
    const late = await subscriber(t, t.topic);
    t.equal((await late.message()).text, "kept", "retained message afterwards");
    await late.quiet();
  });

  test("publishes a will with retain as a retained message", {
    v5: "3.1.2-15 3.3.1-7 3.3.1-12 3.3.1-13",
    v4: "3.1.2-17 3.3.1-11",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const keeping = t.five ? await subscriber(t, [t.topic, 0x08]) : undefined;
    await willOf(t, { retain: true, qos: 1 }, (client) => client.drop());
    t.equal((await watcher.message()).retain, false, "RETAIN for a live subscription");
    if (keeping !== undefined) t.equal((await keeping.message()).retain, true, "RETAIN with Retain As Published");
    const late = await subscriber(t, t.topic);
    const found = await late.message();
    t.equal([found.text, found.retain, found.qos], ["will", true, 1], "retained will");
    await willOf(t, { retain: true, payload: "" }, (client) => client.drop());
    await late.message();
    const last = await subscriber(t, t.topic);
    await last.quiet();
  });

  test("keeps the order of a will's user properties", { v5: "3.1.3-10 3.3.2-18" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const pairs = [
      ["a", "1"],
      ["b", "2"],
      ["a", "3"],
      ["", ""],
    ] as const;
    await willOf(t, { props: pairs.map((pair) => [P.user, pair] as const) }, (client) => client.drop());
    t.equal((await watcher.message()).props(P.user), [...pairs], "user properties");
  });

  test("keeps U+FEFF at the start of a will's topic", { v5: "1.5.4-3 3.1.3-11", v4: "1.5.3-3 3.1.3-10" }, async (t) => {
    const [plain, exact] = [await subscriber(t, t.topic), await subscriber(t, `\ufeff${t.topic}`)];
    await willOf(t, { topic: `\ufeff${t.topic}` }, (client) => client.drop());
    const found = await exact.message();
    t.equal(found.topicBytes.toString("hex"), `efbbbf${Buffer.from(t.topic).toString("hex")}`, "topic bytes");
    await plain.quiet();
  });

  test(
    "lets a will expire from its publication on",
    { v5: "3.1.2-7 3.3.2-6" },
    async (t) => {
      const watcher = await subscriber(t, t.topic);
      const client = await t.connect({
        ...LASTING,
        will: delayed(t.topic, 2, {
          props: [
            [P.willDelay, 2],
            [P.messageExpiry, 50],
          ],
        }),
      });
      await client.drop();
      const left = (await watcher.message()).prop(P.messageExpiry);
      t.oneOf(left, [50, 49], "Message Expiry Interval");
    },
    { seconds: 3 },
  );

  test("refuses will topics that are no topic names", {
    v5: "3.1.3-11 4.7.0-1 4.7.3-1",
    v4: "3.1.3-10 4.7.1-1 4.7.3-1",
  }, async (t) => {
    await each(["a/+", "a/#", "#", "+", ""], (topic) => t.refuse({ will: { topic, payload: "x" } }, 0x81, 0x82, 0x90));
  });

  test("validates the layout of will properties", { v5: "3.1.2-9 3.1.4-1 G20-1 G20-2" }, async (t) => {
    const blocks = [
      rawProperties(0x7f, 1),
      rawProperties(property(P.topicAlias, 1)),
      rawProperties(property(P.receiveMaximum, 1)),
      rawProperties(property(P.willDelay, 1), property(P.willDelay, 1)),
      rawProperties(property(P.payloadFormat, 0), property(P.payloadFormat, 0)),
      rawProperties(property(P.messageExpiry, 1), property(P.messageExpiry, 1)),
      rawProperties(property(P.contentType, "a"), property(P.contentType, "a")),
      rawProperties(property(P.payloadFormat, 2)),
      rawProperties(property(P.responseTopic, "a/#")),
      rawProperties(P.willDelay, 0),
      bytes(20, property(P.willDelay, 1)),
    ];
    await each(blocks, async (block) => {
      const rawPayload = bytes(str(t.clientId()), block, str(t.topic), str("x"));
      await t.refuse({ flags: 0x06, rawPayload }, ...FAULTS, 0x90);
    });
  });

  test("keeps a will's clients apart", { v5: "3.1.2-8", v4: "3.1.2-8" }, async (t) => {
    const watcher = await subscriber(t, `${t.topic}/#`);
    const a = await t.connect({ will: { topic: `${t.topic}/a`, payload: "a" } });
    const b = await t.connect({ will: { topic: `${t.topic}/b`, payload: "b" } });
    await a.drop();
    t.equal((await watcher.message()).topic, `${t.topic}/a`, "will");
    b.send(pingreq());
    await b.take("pingresp");
    await watcher.quiet();
    b.send(disconnect());
    await b.closed();
    await watcher.quiet();
    await fatal(t, bytes(0x32, 2, u16(0)));
  });
});
