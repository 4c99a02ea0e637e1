import type { StoreChange } from "@gmqtt/broker";
import { describe, expect, it } from "vitest";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { describePersistence } from "../contract/describe-persistence.ts";
import { collect } from "../contract/persistence/store-under-test.ts";
import { createSlowPersistence } from "./slow-persistence.ts";

describePersistence("the slow store", () => createSlowPersistence(), { describe, it, outages: true });

const put = (clientId: string, username?: string): StoreChange => ({
  type: "session-put",
  session: {
    clientId,
    username,
    protocolVersion: 5,
    expiryInterval: 1,
    createdAt: 1,
    disconnectedAt: undefined,
    will: undefined,
  },
});

describe("the slow store", () => {
  it("answers commits and reads later, never at once", async () => {
    const connection = createSlowPersistence().connect();
    let opened = false;
    const opening = Promise.resolve(connection.open()).then(() => {
      opened = true;
    });
    await Promise.resolve();
    expect(opened).toBe(false);
    await opening;
    let committed = false;
    const commit = Promise.resolve(connection.commit([put("one")])).then(() => {
      committed = true;
    });
    for (let step = 0; step < 20; step++) await Promise.resolve();
    expect(committed).toBe(false);
    await commit;
  });

  it("takes its delay on the clock", async () => {
    const clock = new VirtualClock();
    const store = createSlowPersistence({ delay: 50, clock });
    const connection = store.connect();
    await clock.drive(Promise.resolve(connection.open()));
    const commit = connection.commit([put("one")]);
    await clock.advance(49);
    expect([store.committed, store.pending]).toEqual([0, 1]);
    await clock.advance(1);
    expect([store.committed, store.pending]).toEqual([1, 0]);
    await commit;
    expect(() => createSlowPersistence({ delay: 1 })).toThrow("a delay of 1 ms needs the clock that measures it");
  });

  it("holds commits until they are released", async () => {
    const store = createSlowPersistence();
    const connection = store.connect();
    await connection.open();
    store.hold();
    const commits = Promise.all([connection.commit([put("one")]), connection.commit([put("two")])]);
    await new VirtualClock().advance(1_000);
    expect([store.committed, store.pending]).toEqual([0, 2]);
    store.release();
    await commits;
    expect([store.committed, store.pending]).toEqual([2, 0]);
  });

  it("fails as many commits as it was told, and stores nothing of them", async () => {
    const store = createSlowPersistence();
    const connection = store.connect();
    await connection.open();
    store.failNext(2);
    await expect(connection.commit([put("one")])).rejects.toThrow("told to fail");
    await expect(connection.commit([put("one")])).rejects.toThrow("told to fail");
    await connection.commit([put("two")]);
    const restored = (await collect(connection.sessions())).map(({ session }) => session.clientId);
    expect(restored).toEqual(["two"]);
  });

  it("fails those along that were called behind a failed commit, so that a prefix is stored", async () => {
    const store = createSlowPersistence();
    const connection = store.connect();
    await connection.open();
    store.failNext(1);
    const commits = ["one", "two", "three"].map((name) => connection.commit([put(name)]));
    const sessions = collect(connection.sessions());
    const answers = await Promise.allSettled(commits);
    expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(await sessions).toEqual([]);
    await connection.commit([put("four")]);
    expect(await collect(connection.sessions())).toHaveLength(1);
  });

  it("pages as wide as it was told", async () => {
    const connection = createSlowPersistence({ pageSize: 2 }).connect();
    await connection.open();
    await connection.commit(["a", "b", "c", "d", "e"].map((name) => put(name)));
    const sizes: number[] = [];
    for await (const page of connection.sessions()) sizes.push(page.length);
    expect(sizes).toEqual([2, 2, 1]);
  });

  it.each([
    ["lost", ["kept"]],
    ["stored", ["kept", "pending"]],
  ] as const)("forgets who abandoned it; pending commits are then %s", async (pending, expected) => {
    const store = createSlowPersistence();
    const killed = store.connect();
    await killed.open();
    await killed.commit([put("kept")]);
    void Promise.resolve(killed.commit([put("pending")])).then(() => expect.unreachable("was answered"));
    killed.abandon?.(pending);
    const next = store.connect();
    await next.open();
    const restored = (await collect(next.sessions())).map(({ session }) => session.clientId);
    expect(restored).toEqual(expected);
  });

  it("keeps what was true when a commit was called", async () => {
    const connection = createSlowPersistence().connect();
    await connection.open();
    const session = { ...(put("one", "before") as Extract<StoreChange, { type: "session-put" }>).session };
    const commit = connection.commit([{ type: "session-put", session }]);
    session.username = "after";
    await commit;
    expect((await collect(connection.sessions()))[0]?.session.username).toBe("before");
  });

  it("refuses to be used unopened or closed with calls pending", async () => {
    const connection = createSlowPersistence().connect();
    await expect(connection.commit([])).rejects.toThrow("not open");
    await connection.open();
    const commit = connection.commit([put("one")]);
    await expect(connection.close()).rejects.toThrow("closed with 1 calls pending");
    await commit;
  });
});
