/** Chapter 2: fixed header, packet identifiers, where properties may be left out. */

import { bytes, hex, packet, str, u16 } from "../bytes/bytes.ts";
import { ack, connect, publish, subscribe, unsubscribe } from "../bytes/packets.ts";
import { P } from "../bytes/properties.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, fatal, LASTING, subscriber } from "./common.ts";

/** The same packet with another first byte. */
function withFirst(first: number, whole: Uint8Array): Buffer {
  return bytes(first, whole.subarray(1));
}

export const packetFormat: TestCase[] = chapter("2 MQTT Control Packet format", (test) => {
  test("refuses reserved flags on every packet type", { v5: "2.1.3-1", v4: "2.2.2-1 2.2.2-2" }, async (t) => {
    const body = hex("02 0001");
    const wrong = [0x41, 0x48, 0x51, 0x52, 0x60, 0x63, 0x71, 0x72, 0x7f].map((first) => bytes(first, body));
    const sub = subscribe(t.version, 1, [[t.topic, 0]]);
    const unsub = unsubscribe(t.version, 1, [t.topic]);
    for (const first of [0x80, 0x81, 0x83, 0x8a]) wrong.push(withFirst(first, sub));
    for (const first of [0xa0, 0xa1, 0xa3, 0xaa]) wrong.push(withFirst(first, unsub));
    wrong.push(hex("c1 00"), hex("c2 00"), hex("c8 00"), hex("e1 00"), hex("e8 00"));
    await each(wrong, (bad) => fatal(t, bad));
  });

  test("refuses packet types 0 and 15, and those that only servers send", {
    v5: "2.1.3-1 3.15.1-1",
    v4: "2.2.2-2 4.8.0-1",
  }, async (t) => {
    const wrong = [
      hex("00 00"),
      hex("0f 00"),
      hex("20 02 00 00"),
      hex("90 03 0001 00"),
      hex("b0 02 0001"),
      hex("d0 00"),
    ];
    wrong.push(t.five ? hex("f1 00") : hex("f0 00"), hex("ff 00"), hex("d1 00"));
    if (t.five) wrong.push(hex("20 03 00 00 00"), hex("90 04 0001 00 00"), hex("b0 04 0001 00 00"));
    await each(wrong, (bad) => fatal(t, bad));
  });

  test("refuses a CONNECT with reserved flags", { v5: "2.1.3-1 3.1.4-1", v4: "2.2.2-2 3.1.4-1" }, async (t) => {
    await each([0x11, 0x12, 0x14, 0x18, 0x1f], async (first) => {
      const client = await t.open();
      client.send(withFirst(first, connect(t.version, { id: t.clientId() })));
      await client.refused(...FAULTS);
      if (!t.five) t.equal(client.inbox.length, 0, "packets received");
    });
  });

  test("sends exactly the first bytes that its packets have", {
    v5: "2.1.3-1 3.6.1-1",
    v4: "2.2.2-1 3.6.1-1",
  }, async (t) => {
    // The strict decoder refuses any other first byte; a round through all packets gives it all of them.
    const client = await t.connect();
    await client.subscribe(t.topic);
    await client.publish(t.topic, "a", { qos: 1 });
    await client.publish(t.topic, "b", { qos: 2 });
    await client.publish(t.topic, "c");
    const found = await client.messages(3);
    t.equal(
      found.map(({ qos }) => qos),
      [1, 2, 0],
      "QoS",
    );
    await client.unsubscribe(t.topic);
    await client.ping();
  });

  test("reads and writes QoS 0 without a packet identifier", {
    v5: "2.2.1-2 4.3.1-1",
    v4: "2.3.1-5 4.3.1-1",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const publisher = await t.connect();
    for (const payload of ["0001", "ffff61", ""]) {
      await publisher.publish(t.topic, hex(payload));
      const found = await watcher.message();
      t.equal(found.payload.toString("hex"), payload, "payload");
      t.equal(found.flags, 0, "flags");
    }
  });

  test("refuses packet identifier 0", { v5: "2.2.1-3", v4: "2.3.1-1 2.3.1-2" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    await fatal(t, subscribe(t.version, 0, [[t.topic, 0]]));
    await fatal(t, unsubscribe(t.version, 0, [t.topic]));
    for (const qos of [1, 2]) await fatal(t, publish(t.version, t.topic, "x", { qos, id: 0 }));
    await watcher.quiet();
  });

  test("survives acknowledgements with packet identifier 0", { v5: "2.2.1-5", v4: "2.3.1-6" }, async (t) => {
    for (const first of [0x40, 0x50, 0x62, 0x70] as const) {
      const client = await t.connect();
      client.send(ack(first, 0));
      await client.refused(...FAULTS);
    }
  });

  test("takes an identifier again as soon as its exchange is complete", {
    v5: "2.2.1-3 G20-18",
    v4: "2.3.1-3 G20-18",
    v3: "G20-18",
  }, async (t) => {
    const client = await t.connect();
    await client.subscribe(t.topic);
    for (let round = 0; round < 3; round++) {
      await client.publish(t.topic, `one ${round}`, { qos: 1, id: 9 });
      await client.publish(t.topic, `two ${round}`, { qos: 2, id: 9 });
      client.send(subscribe(t.version, 9, [["other", 0]]));
      await client.takeId("suback", 9);
      client.send(unsubscribe(t.version, 9, ["other"]));
      await client.takeId("unsuback", 9);
    }
    t.equal((await client.drain()).length, 6, "messages");
  });

  test("gives each unfinished message an identifier of its own", {
    v5: "2.2.1-4 4.3.2-1 4.3.3-1",
    v4: "2.3.1-4 2.3.1-1 4.3.2-1",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic, { receiveMaximum: 100 });
    const publisher = await t.connect();
    for (let index = 0; index < 20; index++) await publisher.publish(t.topic, `${index}`, { qos: 1 + (index % 2) });
    const ids = new Set<number>();
    for (let index = 0; index < 20; index++) ids.add((await watcher.take("publish")).id);
    t.equal(ids.size, 20, "different identifiers");
    t.ok(!ids.has(0), "identifier 0 was used");
  });

  test("survives an identifier that another exchange has in use", {
    v5: "2.2.1-3 2.2.1-6",
    v4: "2.3.1-3 2.3.1-7",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect();
    client.publishOnly(t.topic, "x", { qos: 2, id: 9 });
    await client.takeId("pubrec", 9);
    // The client is at fault; the broker may say so (0x91), but answers, and the exchange goes on.
    client.send(subscribe(t.version, 9, [[`${t.topic}/a`, 0]]));
    t.oneOf((await client.takeId("suback", 9)).codes[0], t.five ? [0, 0x91] : [0, 0x80], "SUBACK");
    client.send(unsubscribe(t.version, 9, [`${t.topic}/a`]));
    t.oneOf((await client.takeId("unsuback", 9)).codes[0], t.five ? [0, 0x11, 0x91] : [undefined], "UNSUBACK");
    client.send(ack(0x62, 9));
    t.equal((await client.takeId("pubcomp", 9)).code, 0, "PUBCOMP");
    t.equal((await watcher.message()).text, "x", "message");
    await watcher.quiet();
  });

  test("uses an identifier that the client uses at the same time", {
    v5: "2.2.1-4 G20-18",
    v4: "2.3.1-4 G20-18",
    v3: "G20-18",
  }, async (t) => {
    const client = await subscriber(t, t.topic);
    const other = await t.connect();
    await other.publish(t.topic, "from the broker", { qos: 2 });
    const found = await client.take("publish");
    client.publishOnly(`${t.topic}/own`, "mine", { qos: 2, id: found.id });
    await client.takeId("pubrec", found.id);
    client.send(ack(0x50, found.id));
    await client.takeId("pubrel", found.id);
    client.send(ack(0x62, found.id));
    await client.takeId("pubcomp", found.id);
    client.send(ack(0x70, found.id));
    await client.ping();
  });

  test(
    "skips identifiers in use when its counter starts over",
    { v5: "2.2.1-4", v4: "2.3.1-4" },
    async (t) => {
      const watcher = await subscriber(t, t.topic, { receiveMaximum: 100 });
      const publisher = await t.connect();
      for (let index = 0; index < 3; index++) await publisher.publish(t.topic, "held", { qos: 1 });
      const held = new Set<number>();
      for (let index = 0; index < 3; index++) held.add((await watcher.take("publish")).id);
      // More messages than there are identifiers, in bursts that fit the broker's queue; the conversation watches for reuse.
      const burst = 50;
      for (let sent = 0; sent < 65_600; sent += burst) {
        publisher.send(
          ...Array.from({ length: burst }, (_, index) => publish(t.version, t.topic, "", { qos: 1, id: 1000 + index })),
        );
        for (let index = 0; index < burst; index++) {
          const found = await watcher.take("publish");
          t.ok(!held.has(found.id) && found.id !== 0, `identifier ${found.id} is in use`);
          watcher.send(ack(0x40, found.id));
        }
        publisher.inbox.length = 0;
      }
    },
    { seconds: 15 },
  );

  test("repeats the identifier in PUBACK, PUBREC, PUBREL and PUBCOMP", {
    v5: "2.2.1-5 4.3.3-8 4.3.3-11 4.3.2-4",
    v4: "2.3.1-6 4.3.2-2 4.3.3-2",
  }, async (t) => {
    const client = await subscriber(t, t.topic);
    for (const id of [1, 0x00ff, 0x1234, 0xffff]) {
      client.publishOnly(`${t.topic}/none`, "x", { qos: 1, id });
      t.equal((await client.next()).describe().split(" ").at(-1), `${id}`, "PUBACK identifier");
      client.publishOnly(`${t.topic}/none`, "x", { qos: 2, id });
      t.equal((await client.next()).id, id, "PUBREC identifier");
      client.send(ack(0x62, id));
      t.equal((await client.next()).id, id, "PUBCOMP identifier");
    }
    await client.publish(t.topic, "x", { qos: 2 });
    const found = await client.take("publish");
    client.send(ack(0x50, found.id));
    t.equal((await client.take("pubrel")).id, found.id, "PUBREL identifier");
  });

  test("repeats the identifier in SUBACK and UNSUBACK, pipelined too", {
    v5: "2.2.1-6 3.8.4-1 3.8.4-2 3.10.4-4",
    v4: "2.3.1-7 3.8.4-1 3.8.4-2 3.10.4-4",
  }, async (t) => {
    const client = await t.connect();
    const ids = [1, 0x00ff, 0xabcd, 0xffff];
    client.send(...ids.map((id) => subscribe(t.version, id, [[`${t.topic}/${id}`, 0]])));
    for (const id of ids) t.equal((await client.next()).id, id, "SUBACK identifier");
    for (const id of ids) client.send(unsubscribe(t.version, id, [`${t.topic}/${id}`]));
    for (const id of ids) t.equal((await client.next()).id, id, "UNSUBACK identifier");
  });

  test("refuses packets that leave out the Property Length", { v5: "2.2.2-1" }, async (t) => {
    await fatal(t, packet(0x82, u16(1), str("ab"), 0));
    await fatal(t, packet(0xa2, u16(1), str("ab")));
    await t.refuse({ rawProps: Buffer.alloc(0), rawPayload: str("a-client-identifier") }, ...FAULTS);
    // Will Flag set, no Will Properties: what should be their length is the first byte of the topic's length.
    await t.refuse({ flags: 0x06, rawPayload: bytes(str(t.clientId()), str("will/topic"), str("payload")) }, ...FAULTS);
  });

  test("sends a Property Length wherever one belongs", { v5: "2.2.2-1" }, async (t) => {
    // The strict decoder reads one in CONNACK, PUBLISH, SUBACK and UNSUBACK, and refuses what is left over.
    const client = await subscriber(t, t.topic);
    await client.publish(t.topic, "abc", { qos: 1, props: [[P.user, ["a", "b"]]] });
    t.equal((await client.message()).text, "abc", "payload");
    await client.unsubscribe(t.topic);
  });

  test("re-sends unfinished messages under their identifiers", { v5: "2.2.1-4", v4: "2.3.1-4 2.3.1-3" }, async (t) => {
    const id = t.clientId();
    const first = await subscriber(t, t.topic, { ...LASTING, id });
    const publisher = await t.connect();
    await publisher.publish(t.topic, "a", { qos: 1 });
    await publisher.publish(t.topic, "b", { qos: 2 });
    const before = [(await first.take("publish")).id, (await first.take("publish")).id];
    await first.drop();
    const again = await t.connect({ ...LASTING, id });
    t.equal([(await again.take("publish")).id, (await again.take("publish")).id], before, "identifiers");
  });
});
