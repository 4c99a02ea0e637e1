/** What a store owes to its broker while it is away. Only for stores that a test can take away. */

import assert from "node:assert/strict";
import type { PersistenceCases } from "./cases.ts";
import { putRetained, putSession } from "./samples.ts";

export const outageCases: PersistenceCases = {
  "refuses to open while it is away": async (context) => {
    await context.store.setAvailable?.(false);
    const connection = context.store.connect();
    await assert.rejects(async () => await connection.open());
    await context.store.setAvailable?.(true);
  },

  "keeps commits pending while it is away, and stores them in order once it is back": async (context) => {
    const connection = await context.connection();
    const heard: boolean[] = [];
    connection.onAvailability?.((available) => heard.push(available));
    await context.store.setAvailable?.(false);
    const completed: string[] = [];
    const commits = ["first", "second"].map((text) =>
      Promise.resolve(connection.commit([putSession(text), putRetained({ payload: Buffer.from(text) })])).then(() =>
        completed.push(text),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(completed, []);
    await context.store.setAvailable?.(true);
    await Promise.all(commits);
    assert.deepEqual(completed, ["first", "second"]);
    assert.equal(Buffer.from((await context.restoredRetained()).get("a/b")!.payload).toString(), "second");
    assert.equal((await context.restored()).size, 2);
    if (connection.onAvailability !== undefined) assert.deepEqual(heard, [false, true]);
  },
};
