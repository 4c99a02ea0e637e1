import { beforeEach, describe, expect, it, vi } from "vitest";
import { Judge } from "./judge.ts";
import { OrderedReceipts, SharedReceipts } from "./receipts.ts";
import { Stream, Streams } from "./stream.ts";

let judge: Judge;
let streams: Streams;
let once: Stream;
let twice: Stream;
beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  judge = new Judge();
  streams = new Streams();
  twice = streams.add(new Stream("t/0", 1));
  once = streams.add(new Stream("t/0", 2));
  for (const stream of [once, twice]) for (let count = 0; count < 5; count++) stream.acknowledge(stream.next());
});

function take(receipts: OrderedReceipts, stream: Stream, ...numbers: readonly number[]): void {
  for (const number of numbers) receipts.take(stream, number);
}

describe("the receipts of a persistent session", () => {
  it("are in order when all came once, or QoS 1 again", () => {
    const receipts = new OrderedReceipts("sub", judge, true);
    take(receipts, once, 1, 2, 3, 4, 5);
    take(receipts, twice, 1, 2, 1, 2, 3, 4, 5);
    receipts.finish(streams);
    expect([judge.violations, judge.repeated, receipts.isComplete(streams)]).toEqual([[], 2, true]);
  });

  it.each([
    ["a loss in the middle", [1, 2, 4, 5], /missed 1 acknowledged messages of t\/0 QoS 2 among 3 to 3/],
    ["a loss at the beginning", [2, 3, 4, 5], /among 1 to 1/],
    ["a loss at the end", [1, 2, 3], /missed 2 .* among 4 to 5/],
    ["a message of QoS 2 that came twice", [1, 2, 3, 3, 4, 5], /got t\/0 QoS 2 3 twice, the second time after 3/],
    ["one that came twice, much later", [1, 2, 3, 4, 5, 1], /got t\/0 QoS 2 1 twice, the second time after 5/],
    ["two that changed places", [1, 3, 2, 4, 5], /missed 1 .* among 2 to 2/],
  ])("show %s", (_, numbers, complaint) => {
    const receipts = new OrderedReceipts("sub", judge, true);
    take(receipts, twice, 1, 2, 3, 4, 5);
    take(receipts, once, ...numbers);
    receipts.finish(streams);
    expect(judge.violations.join()).toMatch(complaint);
  });

  it.each([1, 2] as const)("show two of QoS %i that changed places before either was acknowledged", (qos) => {
    const stream = streams.add(new Stream("t/1", qos));
    for (let count = 0; count < 3; count++) stream.next();
    const receipts = new OrderedReceipts("sub", judge, true);
    take(receipts, stream, 1, 3, 2);
    expect(judge.violations.join()).toMatch(/got t\/1 QoS \d 2 for the first time after 3/);
  });

  it("need not have what nobody was told is safe", () => {
    once.next();
    const receipts = new OrderedReceipts("sub", judge, true);
    take(receipts, once, 1, 2, 3, 4, 5);
    take(receipts, twice, 1, 2, 3, 4, 5);
    receipts.finish(streams);
    expect(judge.violations).toEqual([]);
  });
});

describe("the receipts of a clean session", () => {
  it("may begin anywhere, with a repetition of what came before it", () => {
    const receipts = new OrderedReceipts("sub", judge, false);
    take(receipts, twice, 3, 4, 2, 3, 4, 5);
    receipts.forget();
    take(receipts, twice, 1);
    receipts.finish(streams);
    expect([judge.violations, judge.repeated]).toEqual([[], 2]);
  });

  it("show a gap and a changed order", () => {
    const receipts = new OrderedReceipts("sub", judge, false);
    take(receipts, twice, 2, 5, 4);
    const complaints = judge.violations.map((line) => line.replace(/^[\d.]+ s: /, ""));
    expect(complaints).toEqual([
      "sub missed 2 acknowledged messages of t/0 QoS 1 among 3 to 4",
      "sub got t/0 QoS 1 4 for the first time after 5",
    ]);
  });
});

describe("the receipts of a shared subscription", () => {
  it("show what nobody got and what two got of QoS 2", () => {
    const receipts = new SharedReceipts(judge);
    for (const number of [1, 2, 3, 4, 5, 5]) receipts.take("one", twice, number);
    for (const number of [1, 2, 4, 5]) receipts.take("two", once, number);
    receipts.take("three", once, 5);
    receipts.finish(streams);
    expect(judge.violations.map((line) => line.replace(/^[\d.]+ s: /, ""))).toEqual([
      "three of the shared group got t/0 QoS 2 5, as one did before",
      "the shared group missed t/0 QoS 2 3",
    ]);
  });
});
