/** Chapters 3.14 and 3.15.1: DISCONNECT. */

import { bytes, hex, packet } from "../bytes/bytes.ts";
import { connect, disconnect, publish } from "../bytes/packets.ts";
import { P, property, rawProperties } from "../bytes/properties.ts";
import { chapter, type TestCase } from "../runner/test-case.ts";
import { each, FAULTS, fatal, LASTING, subscriber } from "./common.ts";

export const disconnectPacket: TestCase[] = chapter("3.14 DISCONNECT", (test) => {
  test("sends no DISCONNECT before CONNACK", { v5: "3.14.0-1" }, async (t) => {
    // The conversation refuses a DISCONNECT before an accepting CONNACK.
    for (const options of [
      { flags: 3 },
      { name: "nope" },
      { receiveMaximum: 0 },
      { will: { topic: "#", payload: "" } },
    ]) {
      const client = await t.try(options);
      await client.closed();
      t.ok(!client.inbox.some(({ name }) => name === "disconnect"), "DISCONNECT came");
    }
    const client = await t.open();
    client.send(hex("e0 00"));
    await client.closed();
    t.equal(client.inbox.length, 0, "packets received");
  });

  test("refuses reserved flags, and publishes the will", {
    v5: "3.14.1-1 2.1.3-1",
    v4: "3.14.1-1 2.2.2-2",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    for (const first of [0xe1, 0xe2, 0xe8]) {
      const client = await t.connect({ will: { topic: t.topic, payload: "will" } });
      client.send(bytes(first, 0));
      const last = await client.refused(0x81);
      if (t.five && t.ours) t.equal(last?.code, 0x81, "DISCONNECT");
      t.equal((await watcher.message()).text, "will", "will");
    }
  });

  test("takes the codes that a client may send", { v5: "3.14.2-1 G20-28" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    for (const code of [undefined, 0x00]) {
      const client = await t.connect({ will: { topic: t.topic, payload: "will" } });
      await client.disconnect(code);
      t.equal(client.inbox.length, 0, "packets after DISCONNECT");
    }
    await watcher.quiet();
  });

  test("refuses codes that a client may not send, and publishes the will", { v5: "3.14.2-1 G21-23" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    await each([0x01, 0x03, 0x10, 0x42, 0x86, 0x87, 0x8b, 0x8d, 0x8e, 0x8f, 0x9a, 0xff], async (code) => {
      const client = await t.connect({ will: { topic: t.topic, payload: `${code}` } });
      client.send(disconnect(code));
      await client.refused(...FAULTS);
      t.equal((await watcher.message()).text, `${code}`, "will");
    });
  });

  test("puts no Session Expiry Interval into its own DISCONNECT", { v5: "3.14.2-2 3.14.2-1" }, async (t) => {
    // The strict decoder refuses it; takeover and errors are where a DISCONNECT comes from.
    const id = t.clientId();
    const first = await t.connect({ ...LASTING, id });
    await t.connect({ ...LASTING, id });
    await first.refused(0x8e);
    await fatal(t, publish(5, t.topic, "x", { props: [[P.topicAlias, 0xffff]] }), [0x94, ...FAULTS], { expiry: 10 });
  });

  test("keeps its own DISCONNECT within the client's maximum packet size", {
    v5: "3.14.2-3 3.14.2-4 3.1.2-24",
  }, async (t) => {
    const smallest = (await t.connect()).connack?.size ?? 0;
    for (const maximumPacketSize of [smallest, smallest + 4, smallest + 20]) {
      await fatal(t, hex("36 05 0001 61 0001"), FAULTS, { maximumPacketSize });
      await fatal(t, publish(5, "#", "x"), [...FAULTS, 0x90], { maximumPacketSize });
    }
    const id = t.clientId();
    const first = await t.connect({ id, maximumPacketSize: smallest });
    await t.connect({ id });
    await first.refused(0x8e);
  });

  test("sends nothing after its DISCONNECT", { v5: "3.14.4-1 3.14.4-2", v4: "3.1.4-2" }, async (t) => {
    const id = t.clientId();
    const first = await subscriber(t, [t.topic, 0], { id });
    const publisher = await t.connect();
    const streaming = (async () => {
      for (let index = 0; index < 100; index++) await publisher.publish(t.topic, `${index}`);
    })();
    await t.sleep(5);
    await t.connect({ id });
    // The conversation refuses a packet behind DISCONNECT.
    await first.closed();
    await streaming;
  });

  test("ignores what comes behind a client's DISCONNECT, and closes", {
    v5: "3.14.4-1 3.14.4-2 G20-30",
    v4: "3.14.4-1 3.14.4-2 G20-30",
    v3: "G20-30",
  }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect();
    const began = Date.now();
    client.send(bytes(disconnect(), publish(t.version, t.topic, "x", { retain: true })));
    await client.closed();
    t.within(began, 0, 3000, "closed");
    await watcher.quiet();
    await (await subscriber(t, t.topic)).quiet();
  });

  test("forgets the will at a normal DISCONNECT", { v5: "3.14.4-3", v4: "3.14.4-3" }, async (t) => {
    const watcher = await subscriber(t, t.topic);
    const client = await t.connect({ will: { topic: t.topic, payload: "will", retain: true } });
    await client.disconnect();
    await t.sleep(200);
    await watcher.quiet();
    await (await subscriber(t, t.topic)).quiet();
  });

  test("refuses DISCONNECT with wrong length or properties", { v5: "4.13.1-1 G20-1", v4: "4.8.0-1" }, async (t) => {
    const wrong = t.five
      ? [
          packet(0xe0, 0, rawProperties(0x55)),
          packet(0xe0, 0, rawProperties(property(P.receiveMaximum, 1))),
          packet(0xe0, 0, rawProperties(property(P.sessionExpiry, 1), property(P.sessionExpiry, 1))),
          packet(0xe0, 0, 5),
          packet(0xe0, 0, 0, 0),
          packet(0xe0, 0, rawProperties(P.sessionExpiry, 0, 0)),
        ]
      : [hex("e0 01 00"), hex("e0 02 0000")];
    await each(wrong, (bad) => fatal(t, bad, FAULTS, { expiry: 5 }));
  });

  test("resumes a session after DISCONNECT", { v5: "3.1.2-23 3.14.4-2", v4: "3.1.2-4 4.1.0-1" }, async (t) => {
    const id = t.clientId();
    const first = await subscriber(t, t.topic, { ...LASTING, id });
    await first.disconnect();
    const client = await t.open({ ...LASTING, id });
    client.send(connect(t.version, { ...LASTING, id }));
    t.equal((await client.next()).sessionPresent, true, "session present");
  });
});
