import { describe, expect, test } from "vitest";
import { RecordingLogger } from "../../test/listener-fixtures.ts";
import { ManualClock } from "../../test/manual-clock.ts";
import { HeldStore } from "../../test/session-fixtures.ts";
import { Journal } from "./journal.ts";
import type { StoreChange } from "./persistence.ts";

function change(packetId: number): StoreChange {
  return { type: "incoming-put", clientId: "c", packetId };
}

/** A journal over a store whose answers the test gives. */
function journalOver(store = new HeldStore(), maxPending = 100) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const scheduled = { times: 0 };
  const options = {
    persistence: store,
    clock,
    logger,
    schedule: () => void scheduled.times++,
    maxPending: () => maxPending,
  };
  const journal = new Journal(options);
  const committed: number[] = [];
  journal.wait({ committed: (batch) => committed.push(batch) });
  /** One turn with one change. */
  const turn = (packetId: number): number => {
    journal.record(change(packetId));
    const { awaited } = journal;
    journal.commit();
    return awaited;
  };
  const ids = () => store.commits.map((batch) => batch.map((one) => (one as { packetId: number }).packetId));
  return { clock, committed, ids, journal, logger, scheduled, store, turn };
}

function held(): HeldStore {
  const store = new HeldStore();
  store.holdsCommits = true;
  return store;
}

async function settled(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return done;
}

describe("Journal", () => {
  test("commits the changes of a turn as one batch, in order, asked for once", () => {
    const { ids, journal, scheduled } = journalOver();
    for (const id of [1, 2, 3]) journal.record(change(id));
    expect([scheduled.times, journal.pending, ids()]).toEqual([1, 3, []]);
    journal.commit();
    expect([ids(), journal.pending]).toEqual([[[1, 2, 3]], 0]);
    journal.commit();
    expect(ids()).toHaveLength(1);
  });

  test("records nothing for a store that keeps nothing", () => {
    const { ids, journal, scheduled } = journalOver(new HeldStore(false));
    journal.record(change(1));
    journal.commit();
    expect([journal.durable, scheduled.times, journal.pending, ids(), journal.awaited]).toEqual([false, 0, 0, [], 0]);
  });

  test("says which batch output has to wait for, and 0 when all is committed", async () => {
    const { journal, store, turn } = journalOver(held());
    expect(journal.awaited).toBe(0);
    expect([turn(1), turn(2), journal.awaited]).toEqual([1, 2, 2]);
    await store.answer();
    expect(journal.awaited).toBe(2);
    await store.answer();
    expect(journal.awaited).toBe(0);
  });

  test("tells who waits of commits in order, also when the store answers out of order", async () => {
    const answers: (() => void)[] = [];
    const store = new HeldStore();
    store.commit = () => new Promise((resolve) => answers.push(resolve));
    const { committed, turn } = journalOver(store);
    for (const id of [1, 2, 3]) turn(id);
    answers[1]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(committed).toEqual([]);
    answers[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    expect(committed).toEqual([2]);
  });

  test("does not tell who was forgotten", () => {
    const { journal, turn } = journalOver();
    const told: number[] = [];
    const waiter = { committed: (batch: number) => void told.push(batch) };
    journal.wait(waiter);
    turn(1);
    journal.forget(waiter);
    turn(2);
    expect(told).toEqual([1]);
  });

  test("tells observers how long each commit took", async () => {
    const { clock, journal, store, turn } = journalOver(held());
    const took: number[] = [];
    journal.observe((milliseconds) => took.push(milliseconds));
    turn(1);
    clock.advance(250);
    await store.answer();
    expect(took).toEqual([250]);
  });
});

describe("a Journal whose store fails", () => {
  test("tries everything not yet committed again after a second, in the old order", async () => {
    const { clock, committed, ids, journal, logger, store, turn } = journalOver(held());
    for (const id of [1, 2]) turn(id);
    await store.answer(new Error("away"));
    expect([journal.stalled, logger.lines]).toEqual([true, ["error store did not commit, trying again"]]);
    turn(3);
    expect(ids()).toEqual([[1], [2]]);
    clock.advance(1000);
    expect([journal.stalled, ids()]).toEqual([false, [[1], [2], [1], [2], [3]]]);
    await store.answer(); // the second batch of the first attempt: means nothing any more
    expect(committed).toEqual([]);
    for (const _ of [1, 2, 3]) await store.answer();
    expect([committed, journal.awaited, journal.pending]).toEqual([[1, 2, 3], 0, 0]);
  });

  test("one failure of many calls under way is one failure", async () => {
    const { clock, ids, logger, store, turn } = journalOver(held());
    for (const id of [1, 2]) turn(id);
    await store.answer(new Error("away"));
    await store.answer(new Error("away"));
    clock.advance(1000);
    expect([logger.lines.length, ids()]).toEqual([1, [[1], [2], [1], [2]]]);
  });

  test("a commit that throws is tried again like one that rejects, until it goes through", () => {
    const store = new HeldStore();
    const commit = store.commit.bind(store);
    let failures = 2;
    store.commit = (changes) => {
      if (failures-- > 0) throw new Error("away");
      return commit(changes);
    };
    const { clock, committed, ids, turn } = journalOver(store);
    for (const id of [1, 2]) turn(id);
    clock.advance(1000); // fails again at the first: the second is not tried before it
    expect([ids(), committed]).toEqual([[], []]);
    clock.advance(1000);
    expect([ids(), committed]).toEqual([
      [[1], [2]],
      [1, 2],
    ]);
  });

  test("does not try again once it is closed", async () => {
    const { clock, ids, journal, logger, store, turn } = journalOver(held());
    turn(1);
    turn(2);
    await store.answer(new Error("away"));
    journal.close();
    await store.answer(new Error("away"));
    clock.advance(5000);
    expect([ids(), logger.lines.length]).toEqual([[[1], [2]], 1]);
  });
});

describe("waiting for a Journal", () => {
  test("settled commits what was recorded and resolves when it is committed", async () => {
    const { journal, store } = journalOver(held());
    journal.record(change(1));
    const promise = journal.settled();
    expect([store.commits.length, await settled(promise)]).toEqual([1, false]);
    await store.answer();
    expect(await settled(promise)).toBe(true);
  });

  test("settled resolves at once when nothing is outstanding, and does not wait for what comes later", async () => {
    const { journal, store, turn } = journalOver(held());
    expect(await settled(journal.settled())).toBe(true);
    turn(1);
    const first = journal.settled();
    turn(2);
    await store.answer();
    expect([await settled(first), journal.pending]).toEqual([true, 1]);
  });

  test("is congested beyond the limit, until half of it is left", async () => {
    const { journal, store, turn } = journalOver(held(), 4);
    for (let id = 1; id <= 4; id++) turn(id);
    expect(journal.congested).toBe(false);
    turn(5);
    expect(journal.congested).toBe(true);
    const relieved = journal.relieved();
    await store.answer();
    await store.answer();
    expect([journal.pending, journal.congested, await settled(relieved)]).toEqual([3, true, false]);
    await store.answer();
    expect([journal.congested, await settled(relieved)]).toEqual([false, true]);
  });

  test("close lets everybody go who waits, and records nothing more", async () => {
    const { journal, turn } = journalOver(held(), 0);
    turn(1);
    const waiting = [journal.settled(), journal.relieved()];
    journal.close();
    for (const promise of waiting) expect(await settled(promise)).toBe(true);
    journal.record(change(2));
    expect([journal.pending, await settled(journal.settled())]).toEqual([1, true]);
  });
});
