/** What a store owes to subscriptions. */

import assert from "node:assert/strict";
import type { PersistenceCases } from "./cases.ts";
import { putSession, putSubscription, subscription } from "./samples.ts";
import { assertSame } from "./store-under-test.ts";

export const subscriptionCases: PersistenceCases = {
  "keeps every option of a subscription": async (context) => {
    const options = {
      qos: 2,
      noLocal: true,
      retainAsPublished: true,
      retainHandling: 2,
      subscriptionIdentifier: 268_435_455,
    } as const;
    await (await context.connection()).commit([putSession("one"), putSubscription("one", "a/+/#", options)]);
    assertSame((await context.restoredSession("one")).subscriptions, [subscription("a/+/#", options)]);
  },

  "keeps filters as they were asked for": async (context) => {
    const filters = [
      "#",
      "+",
      "/",
      "a//b",
      "$share/group/a/#",
      "$SYS/#",
      "\u00e4/\u{1F600}",
      "\ufeffa",
      " ",
      "a:b*{c}",
      "l".repeat(3_000),
    ];
    const changes = filters.map((filter) => putSubscription("one", filter));
    await (await context.connection()).commit([putSession("one"), ...changes]);
    const { subscriptions } = await context.restoredSession("one");
    assert.deepEqual(subscriptions.map(({ filter }) => filter).sort(), filters.sort());
  },

  "replaces a subscription with the same filter": async (context) => {
    const connection = await context.connection();
    await connection.commit([putSession("one"), putSubscription("one", "a", { qos: 2, subscriptionIdentifier: 5 })]);
    await connection.commit([putSubscription("one", "a", { qos: 0, noLocal: true })]);
    assertSame((await context.restoredSession("one")).subscriptions, [subscription("a", { qos: 0, noLocal: true })]);
  },

  "removes one subscription and leaves the others": async (context) => {
    const connection = await context.connection();
    const filters = ["a", "a/b", "$share/g/a"].map((filter) => putSubscription("one", filter));
    await connection.commit([putSession("one"), putSession("two"), ...filters, putSubscription("two", "a")]);
    await connection.commit([
      { type: "subscription-delete", clientId: "one", filter: "a" },
      { type: "subscription-delete", clientId: "one", filter: "never/there" },
    ]);
    const restored = await context.restored();
    const left = restored.get("one")?.subscriptions.map(({ filter }) => filter);
    assert.deepEqual(left?.sort(), ["$share/g/a", "a/b"]);
    assert.equal(restored.get("two")?.subscriptions.length, 1);
  },
};
