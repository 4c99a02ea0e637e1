/** What a store owes to sessions, their wills and the QoS 2 identifiers they wait for. */

import assert from "node:assert/strict";
import type { PersistenceCases } from "./cases.ts";
import { ALL_BYTES, ALL_PROPERTIES, message, putDelivery, putSession, putSubscription, session } from "./samples.ts";
import { assertSame } from "./store-under-test.ts";

const AWKWARD_NAMES = [
  "a",
  "ab",
  "a:b",
  "a/b",
  "a*",
  "a{b}",
  "a b",
  "A",
  "\ufeffa",
  "\u00e4",
  "\u{1F600}",
  "x".repeat(2_000),
];

export const sessionCases: PersistenceCases = {
  "finds nothing in a new store": async (context) => {
    assert.equal((await context.restored()).size, 0);
    assert.equal((await context.restoredRetained()).size, 0);
    assert.equal((await context.restoredDeliveries("nobody")).length, 0);
  },

  "keeps every field of a session": async (context) => {
    const fields = {
      username: "j\u00fcrgen",
      protocolVersion: 4,
      expiryInterval: 17,
      disconnectedAt: 1_906_546_215_999,
    } as const;
    await (await context.connection()).commit([putSession("one", fields)]);
    assertSame((await context.restoredSession("one")).session, session("one", fields));
  },

  "keeps a session without subscriptions, deliveries and user name": async (context) => {
    await (await context.connection()).commit([putSession("bare", { expiryInterval: 0 })]);
    assertSame(await context.restoredSession("bare"), {
      session: session("bare", { expiryInterval: 0 }),
      subscriptions: [],
      incomingPacketIds: [],
      deliveries: 0,
      lastSequence: 0,
    });
  },

  "keeps a session that never expires (4294967295)": async (context) => {
    await (await context.connection()).commit([putSession("for-ever", { expiryInterval: 4_294_967_295 })]);
    assert.equal((await context.restoredSession("for-ever")).session.expiryInterval, 4_294_967_295);
  },

  "replaces a session and leaves its lists alone": async (context) => {
    const connection = await context.connection();
    await connection.commit([putSession("one"), putSubscription("one", "a/#"), putDelivery("one", 1)]);
    await connection.commit([putSession("one", { disconnectedAt: 1_906_546_300_000, username: "new" })]);
    const restored = await context.restoredSession("one");
    assertSame(restored.session, session("one", { disconnectedAt: 1_906_546_300_000, username: "new" }));
    assert.equal(restored.subscriptions.length, 1);
    assert.equal(restored.deliveries, 1);
  },

  "keeps a will with its message, its delay and when it is due": async (context) => {
    const will = {
      message: message({ topic: "will/\u00fc", payload: ALL_BYTES, qos: 2, retain: true, properties: ALL_PROPERTIES }),
      delayInterval: 4_294_967_295,
      dueAt: 1_906_546_275_500,
    } as const;
    await (await context.connection()).commit([putSession("dying", { will })]);
    assertSame((await context.restoredSession("dying")).session.will, will);
  },

  "keeps a will that is not due, and forgets one that the session no longer has": async (context) => {
    const will = { message: message({ payload: new Uint8Array(0) }), delayInterval: 0, dueAt: undefined };
    const connection = await context.connection();
    await connection.commit([putSession("alive", { will }), putSession("done", { will }), putSession("done")]);
    const restored = await context.restored();
    assertSame(restored.get("alive")?.session.will, will);
    assert.equal(restored.get("done")?.session.will, undefined);
  },

  "removes a session with everything that belongs to it": async (context) => {
    const connection = await context.connection();
    await connection.commit([
      putSession("gone"),
      putSubscription("gone", "a"),
      putDelivery("gone", 7),
      { type: "incoming-put", clientId: "gone", packetId: 9 },
    ]);
    await connection.commit([{ type: "session-delete", clientId: "gone" }]);
    assert.equal((await context.restored()).size, 0);
    assert.equal((await context.restoredDeliveries("gone")).length, 0);
    // A new session under the old name starts with nothing, not even with the old one's last sequence.
    await (await context.connection()).commit([putSession("gone")]);
    assertSame(await context.restoredSession("gone"), {
      session: session("gone"),
      subscriptions: [],
      incomingPacketIds: [],
      deliveries: 0,
      lastSequence: 0,
    });
  },

  "keeps sessions apart whose client identifiers look alike or have odd characters": async (context) => {
    const connection = await context.connection();
    for (const [index, clientId] of AWKWARD_NAMES.entries()) {
      await connection.commit([
        putSession(clientId),
        putSubscription(clientId, `of/${index}`),
        putDelivery(clientId, index + 1),
        { type: "incoming-put", clientId, packetId: index + 1 },
      ]);
    }
    await connection.commit([{ type: "session-delete", clientId: "a" }]);
    const restored = await context.restored();
    assert.deepEqual([...restored.keys()].sort(), AWKWARD_NAMES.slice(1).sort());
    for (const [index, clientId] of AWKWARD_NAMES.entries()) {
      const of = restored.get(clientId);
      if (clientId === "a") continue;
      assert.deepEqual(
        of?.subscriptions.map(({ filter }) => filter),
        [`of/${index}`],
      );
      assert.deepEqual(of?.incomingPacketIds, [index + 1]);
      const deliveries = await context.restoredDeliveries(clientId);
      assert.deepEqual(
        deliveries.map(({ sequence }) => sequence),
        [index + 1],
      );
    }
  },

  "pages through many sessions, each exactly once": async (context) => {
    const names = Array.from({ length: 250 }, (_, index) => `client-${index}`);
    await (await context.connection()).commit(names.map((clientId) => putSession(clientId)));
    assert.deepEqual([...(await context.restored()).keys()].sort(), names.sort());
  },

  "keeps the packet identifiers of QoS 2 messages that wait for PUBREL": async (context) => {
    const connection = await context.connection();
    const put = (packetId: number) => ({ type: "incoming-put", clientId: "one", packetId }) as const;
    await connection.commit([putSession("one"), put(1), put(65_535), put(300), put(300)]);
    await connection.commit([
      { type: "incoming-delete", clientId: "one", packetId: 1 },
      { type: "incoming-delete", clientId: "one", packetId: 2 },
    ]);
    const { incomingPacketIds } = await context.restoredSession("one");
    assert.deepEqual(
      [...incomingPacketIds].sort((one, other) => one - other),
      [300, 65_535],
    );
  },
};
