import { describe, expect, it } from "vitest";
import { OrderedLedger, UnorderedLedger } from "./ledger.ts";

describe("OrderedLedger", () => {
  it("frees one place for each message that comes in order, each subscriber and publisher for itself", () => {
    const ledger = new OrderedLedger(2, 2);
    const freed = [ledger.note(0, 0, 0), ledger.note(0, 0, 1), ledger.note(0, 1, 0), ledger.note(1, 0, 0)];
    expect(freed).toEqual([1, 1, 1, 1]);
    expect([ledger.received, ledger.repeated]).toEqual([4, 0]);
  });

  it("frees the places of lost messages with the next one", () => {
    const ledger = new OrderedLedger(1, 1);
    ledger.note(0, 0, 0);
    expect(ledger.note(0, 0, 4)).toBe(4);
    expect(ledger.received).toBe(2);
  });

  it("counts what comes twice or late, and frees nothing for it", () => {
    const ledger = new OrderedLedger(1, 1);
    ledger.note(0, 0, 0);
    ledger.note(0, 0, 1);
    expect([ledger.note(0, 0, 1), ledger.note(0, 0, 0)]).toEqual([0, 0]);
    expect([ledger.received, ledger.repeated]).toEqual([2, 2]);
  });
});

describe("UnorderedLedger", () => {
  it("takes messages in any order, from any subscriber, and notices repetitions", () => {
    const ledger = new UnorderedLedger(2, 16);
    expect([ledger.note(0, 0, 5), ledger.note(1, 0, 3), ledger.note(1, 1, 5), ledger.note(1, 0, 5)]).toEqual([
      1, 1, 1, 0,
    ]);
    expect([ledger.received, ledger.repeated]).toEqual([3, 1]);
  });

  it("takes a sequence number of a later round as new", () => {
    const ledger = new UnorderedLedger(1, 16);
    expect([ledger.note(0, 0, 0), ledger.note(0, 0, 16), ledger.note(0, 0, 16)]).toEqual([1, 1, 0]);
  });
});
