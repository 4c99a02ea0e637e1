/** What a store owes to retained messages. */

import assert from "node:assert/strict";
import type { PersistenceCases } from "./cases.ts";
import { ALL_BYTES, ALL_PROPERTIES, message, putRetained, putSession } from "./samples.ts";
import { assertSame } from "./store-under-test.ts";

export const retainedCases: PersistenceCases = {
  "keeps every field of a retained message": async (context) => {
    const fields = {
      topic: "\u00e4/\u{1F600}",
      payload: ALL_BYTES,
      qos: 2,
      properties: ALL_PROPERTIES,
      publisher: "",
    } as const;
    await (await context.connection()).commit([putRetained(fields)]);
    assertSame((await context.restoredRetained()).get(fields.topic), message({ retain: true, ...fields }));
  },

  "replaces the retained message of a topic": async (context) => {
    const connection = await context.connection();
    await connection.commit([putRetained({ properties: ALL_PROPERTIES })]);
    await connection.commit([putRetained({ payload: Buffer.from("new"), qos: 0, receivedAt: 5 })]);
    const stored = [...(await context.restoredRetained()).values()];
    assertSame(stored, [message({ retain: true, payload: Buffer.from("new"), qos: 0, receivedAt: 5 })]);
  },

  "removes the retained message of one topic": async (context) => {
    const connection = await context.connection();
    await connection.commit(["a", "a/", "a/b", "A", "*"].map((topic) => putRetained({ topic })));
    await connection.commit([
      { type: "retained-delete", topic: "a" },
      { type: "retained-delete", topic: "never/there" },
    ]);
    assert.deepEqual([...(await context.restoredRetained()).keys()].sort(), ["*", "A", "a/", "a/b"]);
  },

  "keeps a retained message when its publisher's session goes": async (context) => {
    const connection = await context.connection();
    await connection.commit([putSession("publisher"), putRetained({ publisher: "publisher" })]);
    await connection.commit([{ type: "session-delete", clientId: "publisher" }]);
    assert.equal((await context.restoredRetained()).size, 1);
  },

  "pages through many retained messages, each exactly once": async (context) => {
    const topics = Array.from({ length: 250 }, (_, index) => `topic/${index}`);
    await (await context.connection()).commit(topics.map((topic) => putRetained({ topic })));
    assert.deepEqual([...(await context.restoredRetained()).keys()].sort(), topics.sort());
  },
};
