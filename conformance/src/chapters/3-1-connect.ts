/** Chapter 3.1: CONNECT; its will has a file of its own. */

import { bytes, hex, packet, str } from "../bytes/bytes.ts";
import { connect, disconnect, pingreq, publish, subscribe } from "../bytes/packets.ts";
import { P, property, rawProperties } from "../bytes/properties.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, LASTING, subscriber } from "./common.ts";

export const connectPacket: TestCase[] = chapter("3.1 CONNECT", (test) => {
  test("closes a connection whose first packet is not CONNECT", {
    v5: "3.1.0-1 3.14.0-1",
    v4: "3.1.0-1",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const first = [pingreq(), publish(t.version, t.topic, "x"), subscribe(t.version, 1, [[t.topic, 0]]), disconnect()];
    await each([...first, hex("f0 00"), hex("40 02 0001"), hex("20 02 0000"), hex("00 00")], async (bad) => {
      const client = await t.open();
      client.send(bad);
      await client.closed();
      t.ok(
        client.inbox.every(({ name, code }) => name === "connack" && code >= 0x80),
        "the broker answered",
      );
    });
    await watcher.quiet();
  });

  test("closes a connection at a second CONNECT, with the will", {
    v5: "3.1.0-2 3.2.0-2 4.13.1-1",
    v4: "3.1.0-2 4.8.0-1",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const id = t.clientId();
    const client = await t.connect({ id, will: { topic: t.topic, payload: "will" } });
    client.send(connect(t.version, { id }));
    const last = await client.refused(...FAULTS);
    t.ok(last?.name !== "connack", "a second CONNACK came");
    t.equal((await watcher.message()).text, "will", "will");
  });

  test("refuses other protocol names", { v5: "3.1.2-1 G21-13 4.13.2-1", v4: "3.1.2-1 G21-13" }, async (t) => {
    await each(["mqtt", "MQTTX", "MQT", "", "MQIsdpX", "HTTP"], async (name) => {
      const client = await t.try({ name });
      await client.closed();
      const codes = client.inbox.map(({ code }) => code);
      t.ok(
        codes.every((code) => code !== 0),
        "the broker accepted it",
      );
    });
  });

  test("refuses protocol levels that it does not serve", { v5: "3.1.2-2 G21-13", v4: "3.1.2-2 G21-13" }, async (t) => {
    await each([0, 1, 2, 6, 7, 127, 255], async (level) => {
      // Whether the answer has the shape of 3.1.1 or 5.0 is the broker's choice: it is read by hand.
      const client = await t.open();
      const seen: Buffer[] = [];
      client.stream.removeAllListeners("data");
      client.stream.on("data", (chunk: Buffer) => seen.push(chunk));
      client.send(connect(t.version, { id: t.clientId(), level }));
      await client.closed();
      const answer = Buffer.concat(seen).toString("hex");
      t.oneOf(answer, ["", "20020001", "2003008400"], "answer");
      if (!t.five && level < 5) t.equal(answer, "20020001", "answer to a 3.1.1 client");
    });
  });

  test("refuses the reserved Connect Flag", { v5: "3.1.2-3 G20-12", v4: "3.1.2-3 G20-12 3.1.4-1" }, async (t) => {
    for (const flags of [0x01, 0x03]) {
      const client = await t.refuse({ flags }, ...FAULTS);
      if (!t.five) t.equal(client.inbox.length, 0, "packets received");
    }
  });

  test("throws a stored session away with Clean Start 1", {
    v5: "3.1.2-4 3.2.2-2 3.1.4-4",
    v4: "3.1.2-6 3.2.2-1 3.1.4-3",
  }, async (t) => {
    const id = t.clientId();
    const first = await subscriber(t, t.topic, { ...LASTING, id });
    await first.drop();
    const publisher = await t.connect();
    await publisher.publish(t.topic, "queued", { qos: 1 });
    const second = await t.connect({ id, clean: true, expiry: 60 });
    t.equal(second.connack?.sessionPresent, false, "session present");
    await publisher.publish(t.topic, "live", { qos: 1 });
    await second.quiet();
    await second.subscribe([t.topic, 1]);
    await publisher.publish(t.topic, "subscribed again", { qos: 1 });
    t.equal((await second.message()).text, "subscribed again", "message");
    if (t.five) return;
    await second.drop();
    t.equal(
      (await t.connect({ id, clean: false })).connack?.sessionPresent,
      false,
      "session present after CleanSession 1",
    );
  });

  test("goes on with a stored session with Clean Start 0", {
    v5: "3.1.2-5 3.2.2-3 3.1.2-23 4.5.0-1",
    v4: "3.1.2-4 3.1.2-5 3.2.2-2 4.1.0-1 4.5.0-1",
  }, async (t) => {
    const id = t.clientId();
    const first = await subscriber(t, t.topic, { ...LASTING, id });
    await first.disconnect();
    const publisher = await t.connect();
    await publisher.publish(t.topic, "one", { qos: 1 });
    await publisher.publish(t.topic, "two", { qos: 2 });
    const second = await t.connect({ ...LASTING, id });
    t.equal(second.connack?.sessionPresent, true, "session present");
    const found = await second.messages(2);
    t.equal(
      found.map(({ text, qos, dup }) => [text, qos, dup]),
      [
        ["one", 1, false],
        ["two", 2, false],
      ],
      "queued",
    );
    await publisher.publish(t.topic, "three", { qos: 1 });
    t.equal((await second.message()).text, "three", "live message");
    await second.quiet();
  });

  test("makes a new session with Clean Start 0 where there is none", {
    v5: "3.1.2-6 3.2.2-3 3.1.4-5",
    v4: "3.1.2-4 3.2.2-3 3.1.4-4",
  }, async (t) => {
    const id = t.clientId();
    const first = await t.connect({ ...LASTING, id });
    t.equal([first.connack?.ackFlags, first.connack?.code], [0, 0], "CONNACK");
    await first.drop();
    const second = await t.connect({ ...LASTING, id });
    t.equal(second.connack?.sessionPresent, true, "an empty session is a session");
  });

  test("refuses a payload with fields that no flag announces", {
    v5: "3.1.2-16 3.1.2-18 3.1.3-1 3.1.4-1",
    v4: "3.1.2-18 3.1.2-20 3.1.2-11 3.1.4-1",
  }, async (t) => {
    const id = (): Buffer => str(t.clientId());
    const cases: [number, Buffer][] = [
      [0x02, bytes(id(), str("user"))],
      [0x82, bytes(id(), str("user"), str("password"))],
      [0x02, bytes(id(), 0)],
      [0x02, bytes(id(), t.five ? 0 : [], str("topic"), str("payload"))],
    ];
    for (const [flags, rawPayload] of cases) {
      const client = await t.refuse({ flags, rawPayload }, ...FAULTS);
      if (!t.five) t.equal(client.inbox.length, 0, "packets received");
    }
  });

  test("refuses a payload without fields that flags announce", {
    v5: "3.1.2-9 3.1.2-17 3.1.2-19 3.1.3-1 3.1.3-3",
    v4: "3.1.2-9 3.1.2-19 3.1.2-21 3.1.3-1 3.1.3-3 3.1.4-1",
  }, async (t) => {
    const id = (): Buffer => str(t.clientId());
    const cases: [number, Buffer][] = [
      [0x02, Buffer.alloc(0)],
      [0x06, id()],
      [0x06, bytes(id(), t.five ? 0 : [], str("topic"))],
      [0x82, id()],
      [0xc2, bytes(id(), str("user"))],
      [0x02, hex("00")],
      [0x02, hex("0005 6161")],
    ];
    if (t.five) cases.push([0x42, id()]);
    for (const [flags, rawPayload] of cases) {
      const client = await t.refuse({ flags, rawPayload }, ...FAULTS, 0x85);
      if (!t.five) t.equal(client.inbox.length, 0, "packets received");
    }
  });

  test("takes a password without a user name, which 3.1.1 must refuse", {
    v5: "3.1.2-19",
    v4: "3.1.2-22 3.1.4-1",
  }, async (t) => {
    const client = await t.try({ password: "secret" });
    if (t.five) t.equal((await client.next()).code, 0, "CONNACK code");
    else {
      await client.closed();
      t.equal(client.inbox.length, 0, "packets received");
    }
  });

  test("takes an empty user name and password", { v5: "3.1.2-17 3.1.2-19", v4: "3.1.2-19 3.1.2-21" }, async (t) => {
    await t.connect({ user: "", password: "" });
    await t.connect({ user: "user" });
  });

  test(
    "ends silent connections after 1.5 times the keep alive, with the will",
    { v5: "3.1.2-22 3.2.2-22 3.1.2-8 4.13.2-1", v4: "3.1.2-24 3.1.2-8" },
    async (t) => {
      const watcher = await subscriber(t, `${t.topic}/will`);
      const began = Date.now();
      const client = await t.connect({ keepAlive: 2, will: { topic: `${t.topic}/will`, payload: "w" } });
      const last = await client.refused(0x8d);
      const inForce = (client.connack?.prop(P.serverKeepAlive) as number | undefined) ?? 2;
      t.within(began, inForce * 1450, inForce * 1500 + 1800, "closed");
      if (t.ours && t.five) t.equal(last?.code, 0x8d, "DISCONNECT");
      t.equal((await watcher.message()).text, "w", "will");
    },
    { seconds: 4 },
  );

  test(
    "keeps a connection alive by any packet",
    { v5: "3.1.2-22 3.1.2-20", v4: "3.1.2-24" },
    async (t) => {
      const client = await t.connect({ keepAlive: 6 });
      const keep = [
        pingreq(),
        publish(t.version, t.topic, "x"),
        publish(t.version, t.topic, "x", { qos: 1, id: 7 }),
        pingreq(),
      ];
      for (const part of keep) {
        await t.sleep(6200);
        client.send(part);
      }
      await client.ping();
    },
    { seconds: 25 },
  );

  test(
    "ends a client that only receives",
    { v5: "3.1.2-22", v4: "3.1.2-24" },
    async (t) => {
      const client = await subscriber(t, [t.topic, 0], { keepAlive: 2 });
      const publisher = await t.connect();
      const began = Date.now();
      while (!client.ended && Date.now() - began < 8000) {
        await publisher.publish(t.topic, "x");
        await t.sleep(300);
      }
      t.ok(client.ended, "the broker's own packets kept the connection open");
    },
    { seconds: 4 },
  );

  test(
    "leaves connections with keep alive 0 alone",
    { v5: "3.1.2-22 G20-27", v4: "3.1.2-24 G20-27 4.1.0-2", v3: "G20-27" },
    async (t) => {
      const client = await t.connect({ keepAlive: 0 });
      const announced = client.connack?.prop(P.serverKeepAlive) as number | undefined;
      t.ok(announced === undefined || announced > 6, "the server's keep alive is too short for this test");
      await t.sleep(6000);
      await client.ping();
    },
    { seconds: 6 },
  );

  test("keeps or ends a session as its expiry interval says", { v5: "3.1.2-23 3.2.2-3" }, async (t) => {
    for (const [expiry, present] of [
      [undefined, false],
      [0, false],
      [30, true],
      [0xfffffffe, true],
      [0xffffffff, true],
    ] as const) {
      const id = t.clientId();
      const first = await t.connect({ id, clean: false, ...(expiry === undefined ? {} : { expiry }) });
      await first.drop();
      const second = await t.connect({ id, clean: false, expiry: 5 });
      t.equal(second.connack?.sessionPresent, present, `session present with expiry ${expiry}`);
    }
  });

  test("takes a new expiry interval from DISCONNECT", { v5: "3.1.2-23" }, async (t) => {
    for (const [before, after, present] of [
      [30, 0, false],
      [1, 30, true],
      [30, 40, true],
    ] as const) {
      const id = t.clientId();
      const first = await t.connect({ id, clean: false, expiry: before });
      await first.disconnect(0, [[P.sessionExpiry, after]]);
      const second = await t.connect({ id, clean: false });
      t.equal(second.connack?.sessionPresent, present, `session present after ${before}, then ${after}`);
    }
  });

  test("takes the longest expiry interval", { v5: "G21-2" }, async (t) => {
    const client = await t.connect({ clean: false, expiry: 0xffffffff });
    const given = client.connack?.prop(P.sessionExpiry);
    t.ok(given === undefined || Number(given) > 0, "expiry interval in CONNACK");
  });

  test("refuses DISCONNECT with an expiry after CONNECT without one", { v5: "G20-10 3.14.2-2" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect({ will: { topic: t.topic, payload: "will" } });
    client.send(disconnect(0, [[P.sessionExpiry, 5]]));
    await client.refused(...FAULTS);
    t.equal((await watcher.message()).text, "will", "will");
  });

  test("sends nothing larger than the client's maximum packet size", { v5: "3.1.2-24 3.1.2-25 G21-11" }, async (t) => {
    const client = await subscriber(t, [t.topic, 1], { maximumPacketSize: 64, receiveMaximum: 1 });
    const other = await subscriber(t, [t.topic, 1]);
    const publisher = await t.connect();
    // Header 2, topic 2 + n, identifier 2, Property Length 1, payload.
    const fits = 64 - 2 - 2 - t.topic.length - 2 - 1;
    await publisher.publish(t.topic, "a".repeat(fits + 1), { qos: 1 });
    await publisher.publish(t.topic, "b".repeat(fits), { qos: 1 });
    const found = await client.message();
    t.equal([found.size, found.text[0]], [64, "b"], "the message of exactly 64 bytes");
    await publisher.publish(t.topic, "c".repeat(fits + 100), { qos: 1 });
    await publisher.publish(t.topic, "d", { qos: 1 });
    t.equal((await client.message()).text, "d", "the next small message");
    await client.quiet();
    t.equal(
      (await other.messages(4)).map(({ text }) => text[0]),
      ["a", "b", "c", "d"],
      "the other subscriber's messages",
    );
  });

  test("counts what was too large as delivered", { v5: "3.1.2-25" }, async (t) => {
    const id = t.clientId();
    const client = await subscriber(t, [t.topic, 2], { ...LASTING, id, maximumPacketSize: 64 });
    const publisher = await t.connect();
    await publisher.publish(t.topic, "x".repeat(200), { qos: 1 });
    await publisher.publish(t.topic, "x".repeat(200), { qos: 2 });
    await client.quiet();
    await client.drop();
    const again = await t.connect({ ...LASTING, id });
    t.equal(again.connack?.sessionPresent, true, "session present");
    await again.quiet();
  });

  test("leaves topic aliases alone unless the client allows them", { v5: "3.1.2-27 3.1.2-26" }, async (t) => {
    // The conversation refuses any alias above what the client announced; publishers use aliases here.
    const without = await subscriber(t, `${t.topic}/#`);
    const publisher = await t.connect();
    const own = (publisher.connack?.prop(P.topicAliasMaximum) as number | undefined) ?? 0;
    for (let round = 0; round < 3; round++) {
      const props = own > 0 ? ([[P.topicAlias, 1]] as const) : [];
      await publisher.publish(`${t.topic}/a`, `${round}`, { props });
      const found = await without.message();
      t.equal([found.topic, found.prop(P.topicAlias)], [`${t.topic}/a`, undefined], "topic and alias");
    }
  });

  test("uses no alias above the client's maximum", { v5: "3.1.2-26 3.3.2-11" }, async (t) => {
    const client = await subscriber(t, [`${t.topic}/#`, 0], { aliasMaximum: 2 });
    const publisher = await t.connect();
    const known = new Map<unknown, string>();
    for (let round = 0; round < 12; round++) {
      const topic = `${t.topic}/${round % 4}`;
      await publisher.publish(topic, topic);
      const found = await client.message();
      const alias = found.prop(P.topicAlias);
      if (found.topic !== "") known.set(alias, found.topic);
      t.equal(found.topic === "" ? known.get(alias) : found.topic, found.text, "topic");
    }
  });

  test("keeps response information for those who ask", { v5: "3.1.2-28" }, async (t) => {
    for (const props of [[], [[P.requestResponseInformation, 0]]] as const) {
      const client = await t.connect({ props });
      t.equal(client.connack?.prop(P.responseInformation), undefined, "response information");
    }
    await t.connect({ props: [[P.requestResponseInformation, 1]] });
    await t.refuse({ props: [[P.requestResponseInformation, 2]] }, ...FAULTS);
    await t.refuse(
      {
        props: [
          [P.requestResponseInformation, 1],
          [P.requestResponseInformation, 1],
        ],
      },
      ...FAULTS,
    );
  });

  test(
    "gives response information to those who ask",
    { v5: "3.1.2-28 G20-35" },
    async (t) => {
      const asked = await t.connect({ props: [[P.requestResponseInformation, 1]] });
      t.needs(asked.connack?.prop(P.responseInformation) !== undefined, "the broker has no response information");
      t.equal((await t.connect()).connack?.prop(P.responseInformation), undefined, "without asking");
    },
    { profile: "limited" },
  );

  test(
    "leaves problem information out for those who don't want it",
    { v5: "3.1.2-29" },
    async (t) => {
      const account = { user: "user", password: "secret" };
      const client = await t.connect({ ...account, problemInformation: 0 });
      const denied = await client.trySubscribe("forbidden/a");
      t.needs((denied.codes[0] ?? 0) >= 0x80, "the broker grants what it will not deliver");
      for (const qos of [1, 2]) await client.publish("forbidden/a", "x", { qos });
      client.send(hex("62 02 7777"));
      await client.take("pubcomp");
      client.send(hex("50 02 7777"));
      await client.take("pubrel");
      await client.subscribe(t.topic);
      await client.unsubscribe("forbidden/a", t.topic);
      await client.publish(t.topic, "x", { props: [[P.user, ["a", "b"]]] });
      await client.subscribe(t.topic);
      await client.publish(t.topic, "x", { props: [[P.user, ["a", "b"]]] });
      t.equal((await client.message()).prop(P.user), ["a", "b"], "user property of a PUBLISH");
      await t.refuse({ ...account, problemInformation: 2 }, ...FAULTS);
    },
    { profile: "secured" },
  );

  test(
    "gives problem information to those who want it",
    { v5: "3.1.2-29" },
    async (t) => {
      t.needs(t.ours, "a reason string is the broker's choice");
      const client = await t.connect({ user: "user", password: "secret" });
      const denied = await client.trySubscribe("forbidden/a");
      t.ok(
        denied.prop(P.reasonString) !== undefined ||
          (await client.publish("forbidden/a", "x", { qos: 1 }))?.prop(P.reasonString) !== undefined,
        "no reason string anywhere",
      );
    },
    { profile: "secured" },
  );

  test("keeps sessions by client identifier, byte for byte", { v5: "3.1.3-2", v4: "3.1.3-2" }, async (t) => {
    const id = t.clientId();
    const lower = await t.connect({ ...LASTING, id: `${id}a` });
    await lower.drop();
    for (const other of [`${id}A`, `${id}a `, id]) {
      const client = await t.connect({ id: other, clean: false });
      t.equal(client.connack?.sessionPresent, false, `session present for "${other}"`);
    }
    t.equal((await t.connect({ ...LASTING, id: `${id}a` })).connack?.sessionPresent, true, "session present");
  });

  test("resumes a session over another transport", { v5: "3.1.3-2", v4: "3.1.3-2" }, async (t) => {
    const { client, stream } = await t.webSocket();
    const id = t.clientId();
    const first = await subscriber(t, t.topic, { ...LASTING, id });
    await first.drop();
    stream.write(connect(t.version, { ...LASTING, id }));
    t.equal((await client.next()).sessionPresent, true, "session present");
    await client.publish(t.topic, "x", { qos: 1 });
    t.equal((await client.message()).text, "x", "message");
  });

  test("accepts client identifiers of 1 to 23 letters and digits", {
    v5: "3.1.3-5 3.1.4-5",
    v4: "3.1.3-5 3.1.4-4",
  }, async (t) => {
    const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const unique = t.clientId();
    for (const id of [
      "a",
      "Z",
      "7",
      unique.padEnd(23, "0"),
      alphabet.slice(0, 23),
      alphabet.slice(23, 46),
      alphabet.slice(-23),
    ]) {
      await (await t.connect({ id })).disconnect();
    }
  });

  test("gives a name to clients without one", {
    v5: "3.1.3-6 3.1.3-7 3.2.2-16 G21-12",
    v4: "3.1.3-6 3.1.3-7",
  }, async (t) => {
    const names = new Set<unknown>();
    for (const clean of t.five ? [true, false, true, false] : [true, true]) {
      const client = await t.connect({ id: "", clean, expiry: 60 });
      if (!t.five) continue;
      const name = client.connack?.prop(P.assignedClientId);
      t.ok(typeof name === "string" && name.length > 0, "no assigned client identifier");
      names.add(name);
    }
    if (!t.five) return;
    t.equal(names.size, 4, "different names");
    const client = await t.connect({ id: "", expiry: 60 });
    const id = client.connack?.prop(P.assignedClientId) as string;
    await client.drop();
    t.equal((await t.connect({ id, clean: false })).connack?.sessionPresent, true, "session present under that name");
  });

  test("keeps clients without a name apart", { v4: "3.1.3-6" }, async (t) => {
    const [a, b] = [await t.connect({ id: "" }), await t.connect({ id: "" })];
    await a.ping();
    await b.ping();
  });

  test("refuses a session without a name", { v4: "3.1.3-8 3.1.3-7 3.1.3-9 3.2.2-5" }, async (t) => {
    const client = await t.try({ id: "", clean: false });
    const last = await client.refused();
    t.equal([last?.name, last?.code, last?.ackFlags], ["connack", 2, 0], "CONNACK");
  });

  test(
    "refuses client identifiers that its policy forbids",
    { v5: "3.1.3-8 3.1.3-6 3.2.2-7", v4: "3.1.3-9 3.2.2-5" },
    async (t) => {
      for (const id of ["", "x".repeat(31)]) {
        const client = await t.try({ id });
        const answer = await client.next().catch(() => undefined);
        t.needs(answer?.code !== 0, "the broker accepts it");
        if (answer !== undefined)
          t.oneOf(
            [answer.code, answer.ackFlags],
            t.five
              ? [
                  [0x85, 0],
                  [0x80, 0],
                ]
              : [[2, 0]],
            "CONNACK",
          );
        await client.closed();
      }
    },
    { profile: "limited" },
  );

  test("validates the layout of CONNECT properties", { v5: "3.1.4-1 G20-1 G20-2 G20-3 G20-4 G21-14" }, async (t) => {
    const blocks = [
      rawProperties(0x7f, 1),
      rawProperties(property(P.assignedClientId, "x")),
      rawProperties(property(P.topicAlias, 1)),
      rawProperties(property(P.reasonString, "x")),
      rawProperties(property(P.willDelay, 1)),
      rawProperties(property(P.sessionExpiry, 1), property(P.sessionExpiry, 1)),
      rawProperties(property(P.receiveMaximum, 1), property(P.receiveMaximum, 1)),
      rawProperties(property(P.maximumPacketSize, 100), property(P.maximumPacketSize, 100)),
      rawProperties(property(P.topicAliasMaximum, 1), property(P.topicAliasMaximum, 1)),
      rawProperties(property(P.receiveMaximum, 0)),
      rawProperties(property(P.maximumPacketSize, 0)),
      rawProperties(property(P.authData, "x")),
      rawProperties(property(P.requestProblemInformation, 2)),
      rawProperties(P.sessionExpiry, 0, 0),
      bytes(9, P.sessionExpiry, 0, 0, 0, 1),
      hex("ff ff ff 7f"),
    ];
    await each(blocks, (rawProps) => t.refuse({ rawProps }, ...FAULTS));
  });

  test("validates the layout of CONNECT, cut at any place", { v5: "3.1.4-1", v4: "3.1.4-1" }, async (t) => {
    const whole = connect(t.version, { id: "abc", user: "u", password: "p", will: { topic: "w", payload: "x" } });
    const body = whole.subarray(2);
    await each(
      Array.from({ length: body.length }, (_, index) => index),
      async (length) => {
        const client = await t.open();
        client.send(packet(0x10, body.subarray(0, length)));
        await client.refused(...FAULTS, 0x84);
        if (!t.five) t.equal(client.inbox.length, 0, "packets received");
      },
    );
    const client = await t.open();
    client.send(packet(0x10, body, 0));
    await client.refused(...FAULTS);
  });

  test(
    "interprets all fields in their order",
    { v5: "3.1.3-1", v4: "3.1.3-1" },
    async (t) => {
      const watcher = await subscriber(t, t.topic, { user: "user", password: "secret" });
      const client = await t.connect({ will: { topic: t.topic, payload: "will" }, user: "user", password: "secret" });
      await client.drop();
      t.equal((await watcher.message()).text, "will", "will");
      await t.refuse({ will: { topic: t.topic, payload: "will" }, user: "secret", password: "user" }, 0x86, 0x87);
    },
    { profile: "secured" },
  );

  test(
    "refuses wrong credentials and leaves session and connection of that name alone",
    { v5: "3.1.4-2 3.2.2-6 3.2.2-7 3.1.4-3 4.13.2-1", v4: "3.2.2-4 3.2.2-5 3.1.4-2" },
    async (t) => {
      const account = { user: "user", password: "secret" };
      const id = t.clientId();
      const client = await subscriber(t, t.topic, { ...account, ...LASTING, id });
      for (const wrong of [{ user: "user", password: "wrong" }, { user: "nobody", password: "secret" }, {}]) {
        const bad = await t.try({ ...wrong, id, clean: true });
        const last = await bad.refused(0x86, 0x87);
        if (last !== undefined) t.equal(last.ackFlags, 0, "CONNACK flags");
        if (!t.five) t.oneOf(last?.code, [4, 5], "return code");
      }
      await client.publish(t.topic, "x", { qos: 1 });
      t.equal((await client.message()).text, "x", "message");
      await client.drop();
      await t.refuse({ id, clean: true, user: "user", password: "wrong" }, 0x86, 0x87);
      t.equal((await t.connect({ ...account, ...LASTING, id })).connack?.sessionPresent, true, "session present");
    },
    { profile: "secured" },
  );

  test("gives the name to the newcomer and tells the old connection", {
    v5: "3.1.4-3 3.14.4-1 3.14.4-2",
    v4: "3.1.4-2",
  }, async (t) => {
    const watcher = await subscriber(t, `${t.topic}/will`);
    const id = t.clientId();
    const first = await t.connect({ id, will: { topic: `${t.topic}/will`, payload: "will" } });
    const second = await t.connect({ id });
    const last = await first.refused(0x8e);
    if (t.five && t.ours) t.equal(last?.code, 0x8e, "DISCONNECT");
    if (!t.five) t.equal(first.inbox.length, 0, "packets before the end");
    t.equal((await watcher.message()).text, "will", "will");
    await second.ping();
  });

  test("hands the session over at a takeover, or ends it", {
    v5: "3.1.4-3 3.1.4-4 3.2.2-3",
    v4: "3.1.4-3 3.1.2-4",
  }, async (t) => {
    const id = t.clientId();
    const first = await subscriber(t, t.topic, { ...LASTING, id });
    const second = await t.connect({ ...LASTING, id });
    t.equal(second.connack?.sessionPresent, true, "session present");
    await first.closed();
    await second.publish(t.topic, "x", { qos: 1 });
    t.equal((await second.message()).text, "x", "message of the old subscription");
    t.equal(first.inbox.filter(({ name }) => name === "publish").length, 0, "messages to the old connection");
    const third = await t.connect({ id, clean: true });
    t.equal(third.connack?.sessionPresent, false, "session present with Clean Start 1");
    await third.publish(t.topic, "x", { qos: 1 });
    await third.quiet();
  });

  test("ends a session of expiry 0 at a takeover", { v5: "3.1.4-3 3.1.2-23", v4: "3.1.2-6" }, async (t) => {
    const id = t.clientId();
    await subscriber(t, t.topic, { id, clean: true });
    const second = await t.connect({ id, clean: false, expiry: 10 });
    t.equal(second.connack?.sessionPresent, false, "session present");
  });

  test("answers a valid CONNECT with code 0", { v5: "3.1.4-5 3.2.2-1", v4: "3.1.4-4" }, async (t) => {
    const client = await t.connect();
    t.equal([client.connack?.ackFlags, client.connack?.code], [0, 0], "CONNACK");
  });

  test(
    "ignores what comes behind a CONNECT that it refuses",
    { v5: "3.1.4-6 3.1.4-2", v4: "3.1.4-5" },
    async (t) => {
      const account = { user: "user", password: "secret" };
      const watcher = await subscriber(t, t.topic, account);
      const client = await t.open();
      client.send(
        connect(t.version, { id: t.clientId(), user: "user", password: "wrong" }),
        publish(t.version, t.topic, "x", { retain: true, qos: 1, id: 1 }),
        subscribe(t.version, 2, [[t.topic, 0]]),
      );
      await client.refused(0x86, 0x87);
      await watcher.quiet();
      const late = await subscriber(t, t.topic, account);
      await late.quiet();
    },
    { profile: "secured" },
  );

  test("works off what comes behind a CONNECT, after its CONNACK and in order", {
    v5: "3.1.4-6 3.2.0-1",
    v4: "3.2.0-1",
  }, async (t) => {
    const client = await t.open();
    client.send(
      connect(t.version, { id: t.clientId() }),
      subscribe(t.version, 1, [[t.topic, 1]]),
      publish(t.version, t.topic, "x", { qos: 1, id: 2 }),
      pingreq(),
    );
    t.equal((await client.next()).name, "connack", "first packet");
    await client.take("suback");
    t.equal((await client.message()).text, "x", "message");
    await client.take("puback");
    await client.take("pingresp");
  });

  test(
    "closes connections that send no CONNECT",
    { v5: "G20-31", v4: "G20-31", v3: "G20-31" },
    async (t) => {
      const [silent, half] = [await t.open(), await t.open()];
      half.send(connect(t.version, { id: t.clientId() }).subarray(0, 9));
      const ends = Promise.all([silent.closed(38_000), half.closed(38_000)]);
      if (!t.ours) t.needs((await ends.catch(() => undefined)) !== undefined, "the broker waits longer than this test");
      await ends;
      t.equal(silent.inbox.length + half.inbox.length, 0, "packets received");
    },
    { profile: "default", seconds: 30 },
  );

  test(
    "closes connections that send no CONNECT within its own time",
    { v5: "G20-31", v4: "G20-31", v3: "G20-31" },
    async (t) => {
      const began = Date.now();
      const client = await t.open();
      t.needs(t.ours, "the time is the broker's choice");
      await client.closed(20_000);
      t.within(began, 9900, 13_000, "closed");
    },
    { seconds: 10 },
  );

  test("takes packets cut at every place and many at once", { v5: "4.2.0-1", v4: "7.1.1-1" }, async (t) => {
    const whole = bytes(
      connect(t.version, { id: t.clientId() }),
      subscribe(t.version, 1, [[t.topic, 1]]),
      publish(t.version, t.topic, "payload", { qos: 1, id: 2 }),
    );
    const client = await t.open();
    client.conversation.sent(whole);
    for (const byte of whole) {
      client.stream.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    t.equal((await client.next()).name, "connack", "first packet");
    await client.take("suback");
    await client.take("puback");
    t.equal((await client.message()).text, "payload", "message");
  });

  test("works with a client that asks for nothing outside the standard", {
    v4: "7.0.0-2 7.1.1-1",
    v5: "4.2.0-1",
  }, async (t) => {
    const client = await t.connect();
    await client.subscribe(t.topic);
    for (const qos of [0, 1, 2]) {
      await client.publish(t.topic, `${qos}`, { qos });
      t.equal((await client.message()).qos, qos, "QoS");
    }
    await client.unsubscribe(t.topic);
    await client.disconnect();
  });
});
