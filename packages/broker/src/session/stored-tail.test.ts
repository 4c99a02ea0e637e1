import { describe, expect, test } from "vitest";
import { messageOn, stored } from "../../test/deliveries.ts";
import { HeldStore, TestServices } from "../../test/session-fixtures.ts";
import { PAGE, StoredTail } from "./stored-tail.ts";

/** A tail behind a store that holds `count` deliveries, numbered from 1. */
function tailOf(count: number) {
  const store = new HeldStore();
  store.stored = Array.from({ length: count }, (_, index) => stored(index + 1));
  const services = new TestServices({}, store);
  const pages: number[][] = [];
  const tail = new StoredTail("c", services, (page) => void pages.push(page.map(({ sequence }) => sequence)));
  tail.restore(count);
  services.population.queued = count;
  return { pages, services, store, tail };
}

describe("StoredTail", () => {
  test("reads page by page, behind what was read before", () => {
    const { pages, store, tail } = tailOf(PAGE + 3);
    tail.read();
    expect([pages[0]?.length, tail.length, tail.readUpTo]).toEqual([PAGE, 3, PAGE]);
    tail.read();
    expect([pages[1], tail.length]).toEqual([[PAGE + 1, PAGE + 2, PAGE + 3], 0]);
    tail.read();
    expect(store.reads.map(({ after }) => after)).toEqual([0, PAGE]);
  });

  test.each([
    ["a hundred bytes", 100, 2048],
    ["16 KiB", 16 * 1024, 63],
    ["a megabyte", 1024 * 1024, 16],
  ])("asks for as many as fill a megabyte, within reason, when messages have %s", (_, size, limit) => {
    const { store, tail } = tailOf(0);
    const message = messageOn("t", { payload: Buffer.alloc(size) });
    store.stored = Array.from({ length: PAGE + 1 }, (_none, index) => stored(index + 1, { message }));
    tail.restore(PAGE + 1);
    expect(tail.lowWater).toBe(PAGE / 2);
    tail.read();
    tail.read();
    expect(store.reads.map((read) => read.limit)).toEqual([PAGE, limit]);
  });

  test("reads one page at a time", async () => {
    const { pages, store, tail } = tailOf(3);
    store.holdsReads = true;
    tail.read();
    tail.read();
    expect([store.reads.length, pages]).toEqual([1, []]);
    await store.answer();
    expect([pages, tail.length]).toEqual([[[1, 2, 3]], 0]);
  });

  test("commits before it reads, so that the page holds what this turn added", () => {
    const { services, store, tail } = tailOf(0);
    services.journal.record({ type: "delivery-put", clientId: "c", delivery: stored(1) });
    tail.add();
    expect([tail.length, store.commits.length]).toEqual([1, 0]);
    tail.read();
    expect([store.commits.length, tail.readUpTo]).toEqual([1, 1]);
  });

  test("does not ask a store that has failed before it got everything again", async () => {
    const { pages, services, store, tail } = tailOf(1);
    store.holdsCommits = true;
    services.journal.record({ type: "delivery-put", clientId: "c", delivery: stored(2) });
    services.journal.commit();
    await store.answer(new Error("away"));
    tail.add();
    tail.read();
    expect(store.reads).toEqual([]);
    store.stored = [stored(1)];
    services.clock.advance(1000);
    await store.answer();
    expect([store.reads.length, pages]).toEqual([1, [[1, 2]]]);
  });

  test("tries a failed read again after a second", async () => {
    const { pages, services, store, tail } = tailOf(2);
    store.holdsReads = true;
    tail.read();
    await store.answer(new Error("away"));
    expect(services.logger.lines).toEqual(["error queue could not be read, trying again"]);
    services.clock.advance(1000);
    await store.answer();
    expect(pages).toEqual([[1, 2]]);
  });

  test("what is added while a page is under way is read later, though the page was a short one", async () => {
    const { pages, services, store, tail } = tailOf(2);
    store.holdsReads = true;
    tail.read();
    tail.add();
    store.stored = [...store.stored, stored(3)];
    services.population.queued++;
    await store.answer();
    expect([pages, tail.length, services.population.queued]).toEqual([[[1, 2]], 1, 3]);
    tail.read();
    await store.answer();
    expect([pages, tail.length]).toEqual([[[1, 2], [3]], 0]);
  });

  test("a store that has lost some of what was counted does not leave a queue that never ends", () => {
    const { pages, services, store, tail } = tailOf(5);
    store.stored = store.stored.slice(0, 2);
    tail.read();
    expect([pages, tail.length, services.population.queued]).toEqual([[[1, 2]], 0, 2]);
    tail.read();
    expect(store.reads).toHaveLength(1);
  });

  test("what is in memory already is not taken again", () => {
    const { pages, tail } = tailOf(4);
    tail.passed(2);
    tail.restore(2);
    tail.read();
    expect(pages).toEqual([[3, 4]]);
  });

  test("a page that arrives behind the end of the session is thrown away", async () => {
    const { pages, store, tail } = tailOf(3);
    store.holdsReads = true;
    tail.read();
    tail.clear();
    await store.answer();
    expect([pages, tail.length]).toEqual([[], 0]);
  });
});
