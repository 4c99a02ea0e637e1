/** What a store owes to messages on their way to a session. */

import assert from "node:assert/strict";
import type { StoreChange } from "@gmqtt/broker";
import type { PersistenceCases } from "./cases.ts";
import { ALL_BYTES, ALL_PROPERTIES, delivery, message, putDelivery, putSession } from "./samples.ts";
import { assertSame } from "./store-under-test.ts";

const MANY = 10_000;
const PAGE = 256;

export const deliveryCases: PersistenceCases = {
  "keeps every field of a delivery and its message": async (context) => {
    const whole = delivery(12, {
      message: message({
        topic: "t/\u00fc",
        payload: ALL_BYTES,
        qos: 2,
        retain: true,
        properties: ALL_PROPERTIES,
        publisher: "p\u00fc",
      }),
      qos: 2,
      retain: true,
      subscriptionIdentifiers: [268_435_455, 1, 1],
      sharedFilter: "$share/group/t/#",
      state: "released",
      packetId: 65_535,
    });
    await (await context.connection()).commit([
      putSession("one"),
      { type: "delivery-put", clientId: "one", delivery: whole },
    ]);
    assertSame(await context.restoredDeliveries("one"), [whole]);
  },

  "keeps empty payloads, and properties one by one": async (context) => {
    const properties = [
      undefined,
      { payloadFormatIndicator: 1 },
      { messageExpiryInterval: 0 },
      { contentType: "" },
      { responseTopic: "r" },
      { correlationData: new Uint8Array(0) },
      { userProperties: [["a", "b"]] },
    ] as const;
    const deliveries = properties.map((of, index) =>
      delivery(index + 1, {
        message: message({ payload: new Uint8Array(0), properties: of as typeof ALL_PROPERTIES }),
      }),
    );
    const changes = deliveries.map((one): StoreChange => ({ type: "delivery-put", clientId: "one", delivery: one }));
    await (await context.connection()).commit([putSession("one"), ...changes]);
    assertSame(await context.restoredDeliveries("one"), deliveries);
  },

  "keeps a payload of a megabyte": async (context) => {
    const payload = Buffer.alloc(1_048_576, ALL_BYTES);
    await (await context.connection()).commit([
      putSession("one"),
      putDelivery("one", 1, { message: message({ payload }) }),
    ]);
    const [stored] = await context.restoredDeliveries("one");
    assert.ok(stored !== undefined && payload.equals(stored.message.payload));
  },

  "changes the state of a delivery and nothing else": async (context) => {
    const connection = await context.connection();
    await connection.commit([putSession("one"), putDelivery("one", 1), putDelivery("one", 2)]);
    await connection.commit([
      { type: "delivery-state", clientId: "one", sequence: 1, state: "published", packetId: 77 },
    ]);
    await connection.commit([
      { type: "delivery-state", clientId: "one", sequence: 3, state: "published", packetId: 78 },
    ]);
    assertSame(await context.restoredDeliveries("one"), [
      delivery(1, { state: "published", packetId: 77 }),
      delivery(2),
    ]);
  },

  "gives one message to several sessions and takes it from one": async (context) => {
    const shared = message({ payload: ALL_BYTES });
    const connection = await context.connection();
    await connection.commit([
      putSession("one"),
      putSession("two"),
      putDelivery("one", 1, { message: shared }),
      putDelivery("two", 5, { message: shared }),
    ]);
    await connection.commit([{ type: "delivery-delete", clientId: "one", sequence: 1 }]);
    assertSame(await context.restoredDeliveries("one"), []);
    assertSame(await context.restoredDeliveries("two"), [delivery(5, { message: shared })]);
  },

  "remembers the highest sequence, also of deliveries that are gone": async (context) => {
    const connection = await context.connection();
    await connection.commit([putSession("one"), putDelivery("one", 3), putDelivery("one", 41), putDelivery("one", 40)]);
    await connection.commit([
      { type: "delivery-delete", clientId: "one", sequence: 41 },
      { type: "delivery-delete", clientId: "one", sequence: 40 },
    ]);
    const restored = await context.restoredSession("one");
    assert.equal(restored.lastSequence, 41);
    assert.equal(restored.deliveries, 1);
  },

  "reads deliveries in rising order, after a sequence and up to a limit": async (context) => {
    const connection = await context.connection();
    const shuffled = [10, 2, 9, 100, 1, 33].map((sequence) => putDelivery("one", sequence));
    await connection.commit([putSession("one"), ...shuffled]);
    const read = async (after: number, limit: number) =>
      (await connection.deliveries("one", after, limit)).map(({ sequence }) => sequence);
    assert.deepEqual(await read(0, 100), [1, 2, 9, 10, 33, 100]);
    assert.deepEqual(await read(2, 3), [9, 10, 33]);
    assert.deepEqual(await read(99, 5), [100]);
    assert.deepEqual(await read(100, 5), []);
  },

  [`pages through ${MANY.toLocaleString("en")} deliveries`]: async (context) => {
    const connection = await context.connection();
    await connection.commit([putSession("long")]);
    for (let first = 1; first <= MANY; first += 500) {
      await connection.commit(Array.from({ length: 500 }, (_, index) => putDelivery("long", first + index)));
    }
    const reopened = await context.reopened();
    let after = 0;
    for (let expected = MANY; expected > 0; ) {
      const page = await reopened.deliveries("long", after, PAGE);
      assert.equal(page.length, Math.min(PAGE, expected));
      for (const { sequence } of page) assert.equal(sequence, ++after);
      expected -= page.length;
    }
    assert.equal((await context.restoredSession("long")).deliveries, MANY);
  },
};
