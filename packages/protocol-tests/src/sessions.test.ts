/** How long sessions live, and what is in them when their client is back (MQTT 5.0 sections 3.1.2.11.2 and 4.1). */

import { describe, expect, it } from "vitest";
import { stores } from "./stores.ts";

const LONG = { config: { mqtt: { sessionExpiry: 4_294_967_295_000, messageExpiry: 0 } } } as const;

describe.each(stores)("session expiry, with the $name store", ({ start }) => {
  const connect = (sessionExpiryInterval: number | undefined, cleanStart = false) => ({
    clientId: "s",
    cleanStart,
    ...(sessionExpiryInterval === undefined ? {} : { properties: { sessionExpiryInterval } }),
  });

  it.each([undefined, 0])(
    "%s ends the session with the connection [MQTT-3.1.2-23] [hard case 37]",
    async (interval) => {
      const broker = await start();
      await (await broker.connect(connect(interval))).drop();
      expect((await broker.connect(connect(interval))).connack?.sessionPresent).toBe(false);
    },
  );

  it.each([1, 60])(
    "%s s keeps it for so long after the disconnect, precise to a second [MQTT-3.1.2-23] [hard case 37]",
    async (interval) => {
      const broker = await start();
      const first = await broker.connect(connect(interval));
      // Time that passes while the client is there does not count.
      await broker.advance(90_000);
      await first.disconnect();
      await broker.advance(interval * 1_000 - 100);
      const second = await broker.connect(connect(interval));
      expect(second.connack?.sessionPresent).toBe(true);
      await second.drop();
      await broker.advance(interval * 1_000 + 1_000);
      expect((await broker.connect(connect(interval))).connack?.sessionPresent).toBe(false);
    },
  );

  it.each([4_294_967_294, 4_294_967_295])("%s s is granted and kept [hard case 37]", async (interval) => {
    const broker = await start(LONG);
    const first = await broker.connect(connect(interval));
    expect(first.connack?.properties?.sessionExpiryInterval ?? interval).toBe(interval);
    await first.drop();
    await broker.advance(2 * 3_600_000);
    expect((await broker.connect(connect(interval))).connack?.sessionPresent).toBe(true);
  });

  it("is cut to session_expiry, and the client is told", async () => {
    const broker = await start({ config: { mqtt: { sessionExpiry: "30s" } } });
    const first = await broker.connect(connect(4_294_967_295));
    expect(first.connack?.properties?.sessionExpiryInterval).toBe(30);
    await first.drop();
    await broker.advance(31_000);
    expect((await broker.connect(connect(60))).connack?.sessionPresent).toBe(false);
  });

  it("may be changed by DISCONNECT [hard case 37]", async () => {
    const broker = await start();
    const first = await broker.connect(connect(60));
    await first.disconnect({ properties: { sessionExpiryInterval: 120 } });
    await broker.advance(100_000);
    const second = await broker.connect(connect(60));
    expect(second.connack?.sessionPresent).toBe(true);
    await second.disconnect({ properties: { sessionExpiryInterval: 0 } });
    expect((await broker.connect(connect(60))).connack?.sessionPresent).toBe(false);
  });

  it("may not be changed from 0 by DISCONNECT: a protocol error [MQTT-3.14.2-2] [hard case 37]", async () => {
    const broker = await start();
    const watcher = await broker.connect();
    await watcher.subscribe("w");
    const client = await broker.connect({ ...connect(0), will: { topic: "w", payload: "not a valid goodbye" } });
    client.send("disconnect", { properties: { sessionExpiryInterval: 60 } });
    await broker.idle();
    expect(client.ended).toBe(true);
    const answer = client.unread.find(({ type }) => type === 14);
    if (answer !== undefined) expect(answer).toMatchObject({ reasonCode: 0x82 });
    expect(await watcher.next("publish")).toMatchObject({ text: "not a valid goodbye" });
    expect((await broker.connect(connect(60))).connack?.sessionPresent).toBe(false);
  });

  it("is taken from the last CONNECT [MQTT-3.1.2-23]", async () => {
    const broker = await start();
    await (await broker.connect(connect(600))).drop();
    await (await broker.connect(connect(5))).drop();
    await broker.advance(6_100);
    expect((await broker.connect(connect(600))).connack?.sessionPresent).toBe(false);
  });

  it("takes subscriptions and queued messages along [hard case 37]", async () => {
    const broker = await start();
    const first = await broker.connect(connect(5));
    await first.subscribe({ filter: "a", qos: 1 });
    await first.drop();
    const publisher = await broker.connect();
    await publisher.publish("a", "queued", { qos: 1 });
    await broker.advance(6_100);
    const second = await broker.connect(connect(5));
    expect(second.connack?.sessionPresent).toBe(false);
    await publisher.publish("a", "later", { qos: 1 });
    await second.nothing();
  });
});

describe.each(stores)("clean start, with the $name store", ({ start }) => {
  const session = { clientId: "s", properties: { sessionExpiryInterval: 300 } };

  it.each([
    ["begins a session where there is none", false, false, false],
    ["begins a session where there is none", true, false, false],
    ["resumes the session that is there", false, true, true],
    ["ends the session that is there", true, true, false],
  ])(
    "%s (clean start %s, session %s) [MQTT-3.1.2-4] [MQTT-3.1.2-5] [MQTT-3.1.2-6] [hard case 37]",
    async (_, cleanStart, exists, present) => {
      const broker = await start();
      if (exists) {
        const first = await broker.connect(session);
        await first.subscribe({ filter: "a", qos: 1 });
        await first.drop();
      }
      const publisher = await broker.connect();
      await publisher.publish("a", "queued", { qos: 1 });
      const second = await broker.connect({ ...session, cleanStart });
      expect(second.connack?.sessionPresent).toBe(present);
      if (present) expect(await second.next("publish")).toMatchObject({ text: "queued" });
      await publisher.publish("a", "live", { qos: 1 });
      if (present) expect(await second.next("publish")).toMatchObject({ text: "live" });
      await second.nothing();
    },
  );

  it("deletes for good: what it ended does not come back [hard case 37]", async () => {
    const broker = await start();
    const first = await broker.connect(session);
    await first.subscribe({ filter: "a", qos: 1 });
    await first.drop();
    await (await broker.connect({ ...session, cleanStart: true })).drop();
    const third = await broker.connect({ ...session, cleanStart: false });
    expect(third.connack?.sessionPresent).toBe(true);
    await (await broker.connect()).publish("a", "nobody's", { qos: 1 });
    await third.nothing();
  });

  it("keeps an empty session, too [MQTT-3.2.2-3]", async () => {
    const broker = await start();
    await (await broker.connect(session)).drop();
    expect((await broker.connect({ ...session, cleanStart: false })).connack?.sessionPresent).toBe(true);
  });
});

describe.each(stores)("clean session of 3.1.1, with the $name store", ({ start }) => {
  it.each([3, 4] as const)("0 keeps the session, 1 ends it with the connection, in version %s", async (version) => {
    const broker = await start();
    const first = await broker.connect({ version, clientId: "s", cleanStart: false });
    await first.subscribe({ filter: "a", qos: 1 });
    await first.disconnect();
    const publisher = await broker.connect();
    await publisher.publish("a", "queued", { qos: 1 });
    await broker.advance(600_000);
    const second = await broker.connect({ version, clientId: "s", cleanStart: false });
    expect(await second.next("publish")).toMatchObject({ text: "queued" });
    await second.disconnect();
    await (await broker.connect({ version, clientId: "s", cleanStart: true })).disconnect();
    const third = await broker.connect({ version: 4, clientId: "s", cleanStart: false });
    expect(third.connack?.sessionPresent).toBe(false);
  });

  it("resumes what 5.0 left, and the other way round", async () => {
    const broker = await start();
    const first = await broker.connect({ clientId: "s", properties: { sessionExpiryInterval: 600 } });
    await first.subscribe({ filter: "a", qos: 2 }, { subscriptionIdentifier: 9 });
    await first.drop();
    const publisher = await broker.connect();
    await publisher.publish("a", "one", { qos: 2, properties: { contentType: "text" } });
    const second = await broker.connect({ version: 4, clientId: "s", cleanStart: false });
    expect(second.connack?.sessionPresent).toBe(true);
    expect(await second.next("publish")).toMatchObject({ text: "one", qos: 2 });
    await second.drop();
    await publisher.publish("a", "two", { qos: 2, properties: { contentType: "text" } });
    const third = await broker.connect({ clientId: "s", cleanStart: false });
    expect(await third.next("publish")).toMatchObject({
      text: "two",
      properties: { contentType: "text", subscriptionIdentifiers: [9] },
    });
  });
});
