import { expect, test } from "vitest";
import { type Postponed, TurnBudget } from "./turn-budget.ts";

const turnEnds = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A budget with a clock of its own, and people whose work takes time. */
function budgetWithLog() {
  const state = { now: 0 };
  const log: string[] = [];
  const budget = new TurnBudget(() => state.now);
  const work = (takes: number): void => {
    budget.begin(state.now);
    state.now += takes;
    budget.end();
  };
  const somebody = (name: string, takes = 0, postponedBytes = 0, then = (): unknown => undefined): Postponed => ({
    postponedBytes,
    proceed: () => {
      log.push(name);
      work(takes);
      then();
    },
  });
  return { budget, log, somebody, state, work };
}

test("a turn is exhausted when its work together takes more than ten milliseconds, and the next one is not", async () => {
  const { budget, state, work } = budgetWithLog();
  for (const _ of [1, 2, 3]) work(3);
  expect(budget.exhausted(state.now)).toBe(false);
  budget.begin(state.now);
  expect([budget.exhausted(state.now + 1), budget.exhausted(state.now + 2)]).toEqual([false, true]);
  state.now += 2;
  budget.end();
  expect(budget.exhausted(state.now)).toBe(true);
  await turnEnds();
  expect(budget.exhausted(state.now)).toBe(false);
});

test("a turn is busy after two milliseconds of work, and while it is held", async () => {
  const { budget, work } = budgetWithLog();
  work(2);
  expect(budget.isBusy()).toBe(false);
  work(1);
  expect(budget.isBusy()).toBe(true);
  await turnEnds();
  expect(budget.isBusy()).toBe(false);
  budget.hold();
  expect(budget.isBusy()).toBe(true);
});

test("time between two pieces of work is nobody's", () => {
  const { budget, state, work } = budgetWithLog();
  work(1);
  state.now += 1000;
  expect(budget.exhausted(state.now)).toBe(false);
});

test("who was postponed proceeds in the next turns, ten milliseconds of work in each, the first one first", async () => {
  const { budget, log, somebody } = budgetWithLog();
  for (const name of ["a", "b", "c"]) budget.postpone(somebody(name, 6));
  budget.postpone(somebody("d", 0, 0, () => budget.postpone(somebody("again"))));
  expect(log).toEqual([]);
  await turnEnds();
  expect(log).toEqual(["a", "b"]);
  await turnEnds();
  expect(log).toEqual(["a", "b", "c", "d"]);
  await turnEnds();
  expect(log).toEqual(["a", "b", "c", "d", "again"]);
});

test("those of whom only the end waits have two milliseconds of each turn, beside the ten of the others", async () => {
  const { budget, log, somebody } = budgetWithLog();
  for (const name of ["end 1", "end 2", "end 3", "end 4"]) budget.postponeEnd(somebody(name, 1.5));
  for (const name of ["a", "b", "c"]) budget.postpone(somebody(name, 6));
  await turnEnds();
  expect(log.splice(0)).toEqual(["end 1", "end 2", "a", "b"]);
  await turnEnds();
  expect(log.splice(0)).toEqual(["c", "end 3", "end 4"]);
});

test.each(["the others", "ends"])("neither waits for ever where %s cause a hold each time", async (who) => {
  const { budget, log, somebody } = budgetWithLog();
  const queue = (one: Postponed): unknown => (who === "ends" ? budget.postponeEnd(one) : budget.postpone(one));
  const holder = (): Postponed =>
    somebody("holder", 0, 0, () => {
      budget.hold();
      setImmediate(() => budget.release());
      queue(holder());
    });
  queue(holder());
  await turnEnds();
  who === "ends" ? budget.postpone(somebody("patient")) : budget.postponeEnd(somebody("patient"));
  for (let turn = 0; turn < 8; turn++) await turnEnds();
  expect(log).toContain("patient");
});

test("an end that another one brings about waits behind those that wait already, and none is lost while it is held", async () => {
  const { budget, log, somebody } = budgetWithLog();
  const first = (): void => {
    budget.postponeEnd(somebody("third"));
    budget.hold();
  };
  budget.postponeEnd(somebody("first", 0, 0, first));
  budget.postponeEnd(somebody("second"));
  await turnEnds();
  await turnEnds();
  expect(log).toEqual(["first"]);
  budget.release();
  await turnEnds();
  expect(log).toEqual(["first", "second", "third"]);
});

test("no more than 16 MiB wait; room is there again when they have been worked off", async () => {
  const { budget, log, somebody } = budgetWithLog();
  const large = 9 * 1024 * 1024;
  expect([budget.postpone(somebody("a", 0, large)), budget.postpone(somebody("b", 0, large))]).toEqual([true, false]);
  await turnEnds();
  expect(log).toEqual(["a"]);
  expect(budget.postpone(somebody("c", 0, large))).toBe(true);
});

test("while it is held, every turn is exhausted and nobody proceeds", async () => {
  const { budget, log, somebody, state } = budgetWithLog();
  budget.postpone(somebody("a"));
  budget.hold();
  expect(budget.exhausted(state.now)).toBe(true);
  await turnEnds();
  expect(log).toEqual([]);
  budget.release();
  expect(budget.exhausted(state.now)).toBe(false);
  await turnEnds();
  expect(log).toEqual(["a"]);
});

test("who causes it to be held is the last to proceed", async () => {
  const { budget, log, somebody } = budgetWithLog();
  budget.postpone(somebody("holder", 0, 0, () => budget.hold()));
  budget.postpone(somebody("a"));
  await turnEnds();
  expect(log).toEqual(["holder"]);
  budget.release();
  await turnEnds();
  expect(log).toEqual(["holder", "a"]);
});
