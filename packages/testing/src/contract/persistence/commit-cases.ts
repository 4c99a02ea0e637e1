/** What a store owes to batches of changes: order, repetition, and reads behind them. */

import assert from "node:assert/strict";
import type { StoreChange } from "@gmqtt/broker";
import type { PersistenceCases } from "./cases.ts";
import { delivery, putDelivery, putRetained, putSession, putSubscription } from "./samples.ts";
import { assertSame, collect } from "./store-under-test.ts";

export const commitCases: PersistenceCases = {
  "says that it is durable": async (context) => {
    assert.equal((await context.connection()).durable, true);
  },

  "carries out the changes of a batch in their order": async (context) => {
    await (await context.connection()).commit([
      putSession("one"),
      putSubscription("one", "a"),
      { type: "session-delete", clientId: "one" },
      putSession("one", { username: "second" }),
      putDelivery("one", 1),
      { type: "delivery-state", clientId: "one", sequence: 1, state: "published", packetId: 4 },
      putDelivery("one", 2),
      { type: "delivery-delete", clientId: "one", sequence: 2 },
      putRetained({ payload: Buffer.from("first") }),
      { type: "retained-delete", topic: "a/b" },
      putRetained({ payload: Buffer.from("last") }),
    ]);
    const restored = await context.restoredSession("one");
    assert.equal(restored.session.username, "second");
    assert.deepEqual(restored.subscriptions, []);
    assertSame(await context.restoredDeliveries("one"), [delivery(1, { state: "published", packetId: 4 })]);
    assert.equal(Buffer.from((await context.restoredRetained()).get("a/b")!.payload).toString(), "last");
  },

  "changes nothing when a batch is repeated": async (context) => {
    const batch: StoreChange[] = [
      putSession("one"),
      putSession("two"),
      putSubscription("one", "a", { subscriptionIdentifier: 3 }),
      putSubscription("one", "b"),
      { type: "subscription-delete", clientId: "one", filter: "b" },
      putDelivery("one", 1),
      putDelivery("one", 2),
      { type: "delivery-state", clientId: "one", sequence: 2, state: "released", packetId: 9 },
      { type: "delivery-delete", clientId: "one", sequence: 1 },
      { type: "incoming-put", clientId: "one", packetId: 1 },
      { type: "incoming-put", clientId: "one", packetId: 2 },
      { type: "incoming-delete", clientId: "one", packetId: 1 },
      putRetained(),
      { type: "session-delete", clientId: "two" },
    ];
    const connection = await context.connection();
    await connection.commit(batch);
    const once = [await context.restored(), await context.restoredDeliveries("one"), await context.restoredRetained()];
    const again = await context.connection();
    await again.commit(batch);
    await again.commit(batch);
    const thrice = [
      await context.restored(),
      await context.restoredDeliveries("one"),
      await context.restoredRetained(),
    ];
    assert.deepEqual(thrice.map(entries), once.map(entries));
  },

  "completes commits in the order of their calls": async (context) => {
    const connection = await context.connection();
    const completed: number[] = [];
    const commits = Array.from({ length: 20 }, (_, index) =>
      Promise.resolve(connection.commit([putRetained({ payload: Buffer.from(String(index)) })])).then(() =>
        completed.push(index),
      ),
    );
    await Promise.all(commits);
    assert.deepEqual(
      completed,
      Array.from({ length: 20 }, (_, index) => index),
    );
    assert.equal(Buffer.from((await context.restoredRetained()).get("a/b")!.payload).toString(), "19");
  },

  "lets a read see every commit that was called before it": async (context) => {
    const connection = await context.connection();
    const commits = [
      connection.commit([putSession("one"), putDelivery("one", 1)]),
      connection.commit([putDelivery("one", 2), putRetained()]),
    ];
    const deliveries = connection.deliveries("one", 0, 10);
    const sessions = collect(connection.sessions());
    const retained = collect(connection.retained());
    assert.equal((await deliveries).length, 2);
    assert.equal((await sessions)[0]?.deliveries, 2);
    assert.equal((await retained).length, 1);
    await Promise.all(commits);
  },

  "takes an empty batch": async (context) => {
    await (await context.connection()).commit([]);
    assert.equal((await context.restored()).size, 0);
  },

  "keeps what it was given, whatever becomes of the memory it was given in": async (context) => {
    const connection = await context.connection();
    const payload = Buffer.from("before");
    await connection.commit([putRetained({ payload })]);
    payload.write("AFTER!");
    assert.equal(Buffer.from((await context.restoredRetained()).get("a/b")!.payload).toString(), "before");
  },

  "can be closed and opened again and again": async (context) => {
    for (let round = 1; round <= 3; round++) {
      await (await context.reopened()).commit([putSession(`round-${round}`)]);
    }
    assert.equal((await context.restored()).size, 3);
  },
};

function entries(value: unknown): unknown {
  return value instanceof Map ? [...value].sort(([one], [other]) => (String(one) < String(other) ? -1 : 1)) : value;
}
