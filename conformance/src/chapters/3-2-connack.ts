/** Chapter 3.2: CONNACK, and the limits it announces. */

import { bytes, hex, packet, str } from "../bytes/bytes.ts";
import { connect, disconnect, pingreq, publish, subscribe } from "../bytes/packets.ts";
import { P } from "../bytes/properties.ts";
import { CODES, CODES_BEFORE_5 } from "../client/codes.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { FAULTS, LASTING, subscriber } from "./common.ts";

export const connack: TestCase[] = chapter("3.2 CONNACK", (test) => {
  test("comes before anything else, also with messages waiting", {
    v5: "3.2.0-1 3.2.0-2",
    v4: "3.2.0-1",
  }, async (t) => {
    const id = t.clientId();
    const first = await subscriber(t, t.topic, { ...LASTING, id });
    await first.drop();
    const publisher = await t.connect();
    for (let index = 0; index < 5; index++) await publisher.publish(t.topic, "x", { qos: 1, retain: true });
    const client = await t.open({ id });
    client.send(connect(t.version, { ...LASTING, id }), subscribe(t.version, 1, [[t.topic, 1]]), pingreq());
    t.equal((await client.next()).name, "connack", "first packet");
    await client.messages(6);
    await client.take("suback");
    await client.take("pingresp");
    await client.ping();
    t.ok(!client.inbox.some(({ name }) => name === "connack"), "a second CONNACK came");
  });

  test("has nothing but Session Present in its flags", {
    v5: "3.2.2-1 3.2.2-2 3.2.2-3",
    v4: "3.2.2-1 3.2.2-2 3.2.2-3",
  }, async (t) => {
    const id = t.clientId();
    const flags: (number | undefined)[] = [];
    for (const clean of [false, false, true, false]) {
      const client = await t.connect({ id, clean, expiry: 60 });
      flags.push(client.connack?.ackFlags);
      await client.drop();
    }
    // In 3.1.1 the session of CleanSession 1 ended with its connection.
    t.equal(flags, [0, 1, 0, t.five ? 1 : 0], "flags");
  });

  test(
    "says Session Present 0 once a session has expired",
    { v5: "3.2.2-3 4.1.0-2" },
    async (t) => {
      const id = t.clientId();
      const first = await t.connect({ id, clean: false, expiry: 1 });
      await first.drop();
      await t.sleep(2200);
      t.equal((await t.connect({ id, clean: false })).connack?.sessionPresent, false, "session present");
    },
    { seconds: 3 },
  );

  test(
    "says Session Present 0 in refusals",
    { v5: "3.2.2-6 3.2.2-7 3.2.2-8", v4: "3.2.2-4 3.2.2-5 3.2.2-6" },
    async (t) => {
      const id = t.clientId();
      const first = await t.connect({ ...LASTING, id, user: "user", password: "secret" });
      await first.drop();
      const client = await t.try({ ...LASTING, id, user: "user", password: "wrong" });
      client.send(pingreq());
      await client.closed();
      const [only, ...others] = client.inbox;
      t.equal(others.length, 0, "packets after the refusal");
      if (!t.five || only !== undefined) {
        t.equal([only?.name, only?.ackFlags], ["connack", 0], "refusal");
        t.oneOf(only?.code, t.five ? [0x86, 0x87] : [4, 5], "code");
      }
    },
    { profile: "secured" },
  );

  test("has only codes of its list", { v5: "3.2.2-8 3.2.2-7", v4: "3.2.2-6 3.2.2-5" }, async (t) => {
    const list = (t.five ? CODES : CODES_BEFORE_5).connack?.codes ?? [];
    const tries = [
      { level: 9 },
      { name: "X" },
      { flags: 3 },
      { id: "", clean: false },
      { will: { topic: "#", payload: "" } },
    ];
    for (const options of tries) {
      const client = await t.open();
      const seen: Buffer[] = [];
      client.stream.removeAllListeners("data");
      client.stream.on("data", (chunk: Buffer) => seen.push(chunk));
      client.send(connect(t.version, { id: t.clientId(), ...options }));
      const accepted = options.id === "" && t.five;
      if (accepted) {
        await t.sleep(200);
        continue;
      }
      await client.closed();
      const answer = Buffer.concat(seen);
      if (answer.length === 0) continue;
      t.equal(answer.readUInt8(0), 0x20, "packet");
      if (options.level === 9) {
        t.oneOf(answer.toString("hex"), ["20020001", "2003008400"], "answer to level 9");
        continue;
      }
      t.ok(list.includes(answer.readUInt8(3)) && answer.readUInt8(3) !== 0, `code ${answer.readUInt8(3)}`);
    }
  });

  test(
    "announces the QoS it is limited to, and lives by it",
    { v5: "3.2.2-9 3.2.2-11 G20-6 G20-13" },
    async (t) => {
      const client = await t.connect();
      t.needs(client.connack?.prop(P.maximumQos) !== undefined, "the broker serves QoS 2");
      t.equal(client.connack?.prop(P.maximumQos), 1, "Maximum QoS");
      await client.publish(t.topic, "x", { qos: 1 });
      const watcher = await subscriber(t, [t.topic, 2]);
      client.publishOnly(t.topic, "x", { qos: 2 });
      const last = await client.refused(0x9b, ...FAULTS);
      if (t.ours) t.equal(last?.code, 0x9b, "DISCONNECT");
      await watcher.quiet();
    },
    { profile: "limited" },
  );

  test("stays silent about the QoS it is not limited to", { v5: "3.2.2-9 G20-6" }, async (t) => {
    const client = await t.connect();
    t.needs(client.connack?.prop(P.maximumQos) === undefined, "the broker is limited");
    await client.subscribe(t.topic);
    await client.publish(t.topic, "x", { qos: 2 });
    t.equal((await client.message()).qos, 2, "QoS");
  });

  test(
    "accepts subscriptions above its QoS, and grants less",
    { v5: "3.2.2-10" },
    async (t) => {
      const client = await t.connect();
      const limit = Number(client.connack?.prop(P.maximumQos) ?? 2);
      t.needs(limit < 2, "the broker serves QoS 2");
      for (const qos of [0, 1, 2]) {
        const suback = await client.subscribe([`${t.topic}/${qos}`, qos]);
        t.ok((suback.codes[0] ?? 9) <= Math.min(qos, 2), "granted QoS");
        await client.publish(`${t.topic}/${qos}`, "x", { qos: 1 });
        t.equal((await client.message()).qos, Math.min(qos, limit), "delivered QoS");
      }
    },
    { profile: "limited" },
  );

  test(
    "refuses a will above its QoS",
    { v5: "3.2.2-12 3.2.2-6" },
    async (t) => {
      const probe = await t.connect();
      t.needs(probe.connack?.prop(P.maximumQos) !== undefined, "the broker serves QoS 2");
      const id = t.clientId();
      const client = await t.try({ ...LASTING, id, will: { topic: t.topic, payload: "x", qos: 2 } });
      const last = await client.refused(0x9b);
      if (t.ours) t.equal(last?.code, 0x9b, "CONNACK");
      t.equal((await t.connect({ ...LASTING, id })).connack?.sessionPresent, false, "session present");
    },
    { profile: "limited" },
  );

  test(
    "refuses a retained will while it retains nothing",
    { v5: "3.2.2-13" },
    async (t) => {
      const probe = await t.connect();
      t.needs(probe.connack?.prop(P.retainAvailable) === 0, "the broker retains messages");
      const last = (await t.refuse({ will: { topic: t.topic, payload: "x", retain: true } }, 0x9a)).inbox[0];
      if (t.ours) t.equal(last?.code, 0x9a, "CONNACK");
    },
    { profile: "limited" },
  );

  test(
    "refuses retained messages while it retains none",
    { v5: "3.2.2-14 G20-14" },
    async (t) => {
      const client = await t.connect();
      t.needs(client.connack?.prop(P.retainAvailable) === 0, "the broker retains messages");
      const watcher = await subscriber(t, t.topic);
      client.publishOnly(t.topic, "x", { retain: true });
      const last = await client.refused(0x9a, ...FAULTS);
      if (t.ours) t.equal(last?.code, 0x9a, "DISCONNECT");
      await watcher.quiet();
    },
    { profile: "limited" },
  );

  test(
    "takes packets of its maximum packet size, and no larger ones",
    { v5: "3.2.2-15 G20-16" },
    async (t) => {
      const client = await t.connect();
      const limit = Number(client.connack?.prop(P.maximumPacketSize) ?? 0);
      t.needs(limit > 200 && limit < 100_000, "the broker announces no such limit");
      const payload = limit - 3 - 2 - t.topic.length - 1;
      t.equal(publish(5, t.topic, "x".repeat(payload)).length, limit, "size of the packet");
      await client.publish(t.topic, "x".repeat(payload));
      client.publishOnly(t.topic, "x".repeat(payload + 1));
      const last = await client.refused(0x95);
      if (t.ours) t.equal(last?.code, 0x95, "DISCONNECT");
    },
    { profile: "limited" },
  );

  test(
    "refuses a packet that is too large by its header",
    { v5: "3.2.2-15 G20-16" },
    async (t) => {
      const client = await t.connect();
      t.needs(client.connack?.prop(P.maximumPacketSize) === 500, "the broker announces no such limit");
      client.send(hex("30 ff ff 7f"));
      const began = Date.now();
      await client.refused(0x95);
      t.within(began, 0, 3000, "closed");
      const first = await t.open();
      first.send(hex("10 ff ff ff 7f"));
      await first.refused(0x95, ...FAULTS);
    },
    { profile: "limited" },
  );

  test("gives every client without a name another one", { v5: "3.2.2-16" }, async (t) => {
    const names = new Set<unknown>();
    for (let index = 0; index < 30; index++) {
      const client = await t.connect({ id: "", clean: index % 2 === 0, expiry: 60 });
      t.equal(client.connack?.sessionPresent, false, "session present");
      names.add(client.connack?.prop(P.assignedClientId));
      if (index % 3 === 0) await client.drop();
    }
    t.equal(names.size, 30, "different names");
  });

  test("refuses topic aliases above its maximum", { v5: "3.2.2-17 3.3.2-9 3.3.2-12" }, async (t) => {
    const probe = await t.connect();
    const limit = Number(probe.connack?.prop(P.topicAliasMaximum) ?? 0);
    t.needs(limit > 0, "the broker takes no aliases");
    await probe.publish(t.topic, "x", { props: [[P.topicAlias, limit]] });
    const watcher = await subscriber(t, `${t.topic}/#`);
    probe.publishOnly(t.topic, "x", { props: [[P.topicAlias, limit + 1]] });
    const last = await probe.refused(0x94, ...FAULTS);
    if (t.ours) t.equal(last?.code, 0x94, "DISCONNECT");
    await watcher.quiet();
  });

  test(
    "refuses every topic alias when it announced none",
    { v5: "3.2.2-18 3.3.2-9" },
    async (t) => {
      const client = await t.connect();
      t.needs(client.connack?.prop(P.topicAliasMaximum) === undefined, "the broker takes aliases");
      client.publishOnly(t.topic, "x", { props: [[P.topicAlias, 1]] });
      const last = await client.refused(0x94, ...FAULTS);
      if (t.ours) t.equal(last?.code, 0x94, "DISCONNECT");
    },
    { profile: "limited" },
  );

  test(
    "leaves reason and user properties out of a refusal that would be too large",
    { v5: "3.2.2-19 3.2.2-20" },
    async (t) => {
      const client = await t.try({ user: "user", password: "wrong", maximumPacketSize: 12 });
      const last = await client.refused(0x86, 0x87);
      if (last === undefined) return;
      t.ok(last.size <= 12, `CONNACK of ${last.size} bytes`);
      t.equal(last.properties.length, 0, "properties");
      const wide = await t.try({ user: "user", password: "wrong", maximumPacketSize: 1000 });
      const full = await wide.refused(0x86, 0x87);
      if (t.ours) t.ok((full?.properties.length ?? 0) > 0, "no reason in the large CONNACK, the test shows nothing");
    },
    { profile: "secured" },
  );

  test(
    "enforces the keep alive that it announces",
    { v5: "3.1.2-22 3.1.2-21 3.2.2-21" },
    async (t) => {
      const began = Date.now();
      const client = await t.connect({ keepAlive: 600 });
      const inForce = Number(client.connack?.prop(P.serverKeepAlive) ?? 600);
      t.needs(inForce <= 10, "the broker announces no short keep alive");
      await client.closed(30_000);
      t.within(began, inForce * 1450, inForce * 1500 + 2500, "closed");
    },
    { profile: "limited", seconds: 15 },
  );

  test(
    "applies the client's keep alive when it announces none",
    { v5: "3.2.2-22" },
    async (t) => {
      const began = Date.now();
      const client = await t.connect({ keepAlive: 1 });
      const inForce = Number(client.connack?.prop(P.serverKeepAlive) ?? 1);
      await client.closed(20_000);
      t.within(began, inForce * 1450, inForce * 1500 + 1800, "closed");
    },
    { seconds: 2 },
  );

  test(
    "refuses subscriptions that it announced as unavailable",
    { v5: "G20-15" },
    async (t) => {
      const probe = await t.connect();
      const closedFor: [number, string, number, boolean][] = [
        [P.wildcardAvailable, "a/#", 0xa2, false],
        [P.sharedAvailable, "$share/g/a", 0x9e, false],
        [P.subscriptionIdAvailable, "a", 0xa1, true],
      ];
      const missing = closedFor.filter(([id]) => probe.connack?.prop(id) === 0);
      t.needs(missing.length > 0, "the broker offers all of them");
      for (const [, filter, code, identified] of missing) {
        const client = await t.connect();
        client.send(subscribe(5, 1, [[filter, 0]], identified ? [[P.subscriptionId, 1]] : []));
        const answer = await client.next();
        if (answer.name === "suback") t.equal(answer.codes, [code], "SUBACK");
        else t.equal([answer.name, answer.code], ["disconnect", code], "answer");
      }
    },
    { profile: "limited" },
  );

  test(
    "rejects wildcards where it does not offer them",
    { v4: "3.8.3-2" },
    async (t) => {
      const client = await t.connect();
      const suback = await client.trySubscribe(["a", "a/#", "a/+"]);
      t.needs(suback.codes[1] === 0x80, "the broker offers wildcards");
      t.equal(suback.codes.slice(1), [0x80, 0x80], "SUBACK");
      t.ok((suback.codes[0] ?? 0x80) < 0x80, "the plain filter was refused");
    },
    { profile: "limited" },
  );

  test(
    "says goodbye when the server stops",
    { v5: "G20-34 3.14.2-2 3.14.4-2" },
    async (t) => {
      t.needs(t.ours, "brokers may just close");
      const broker = await t.launch("redirecting");
      const client = await t.connectTo(broker);
      const stopping = broker.stop();
      const last = await client.take("disconnect");
      // A Server Reference goes with Use another server; without one it is Server shutting down.
      t.equal([last.code, last.prop(P.serverReference)], [0x9c, "elsewhere:1883"], "DISCONNECT");
      await client.closed();
      await stopping;
      t.equal(client.inbox.length, 0, "packets after DISCONNECT");
      const plain = await t.launch("overlap");
      const other = await t.connectTo(plain);
      const ending = plain.stop();
      t.equal((await other.take("disconnect")).code, 0x8b, "DISCONNECT");
      await other.closed();
      await ending;
    },
    { seconds: 3 },
  );

  test("ignores what comes behind a DISCONNECT that ends the handshake", {
    v5: "3.14.4-1",
    v4: "3.14.4-2",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect();
    client.send(bytes(disconnect(), publish(t.version, t.topic, "x"), packet(0x82, str("x"))));
    await client.closed();
    await watcher.quiet();
  });
});
