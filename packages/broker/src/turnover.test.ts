import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Placed, TurnoverMap, TurnoverSet } from "./turnover.ts";

describe("TurnoverMap", () => {
  test("behaves like a map", () => {
    const step = fc.record({ kind: fc.constantFrom("set", "set", "delete"), key: fc.nat(9), value: fc.object() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [map, model] = [new TurnoverMap<number, object>(), new Map<number, object>()];
        for (const { kind, key, value } of steps) {
          if (kind === "delete") expect(map.delete(key)).toBe(model.delete(key));
          else {
            map.set(key, value);
            model.set(key, value);
          }
          expect([map.size, map.get(key)]).toEqual([model.size, model.get(key)]);
        }
        const values = [...model.values()];
        expect([...map.values()]).toEqual(values);
        for (const offset of [0, 1, 3, 20]) expect(map.slice(offset, 2)).toEqual(values.slice(offset, offset + 2));
      }),
    );
  });

  test("goes on with what is there when entries come and go while it is walked", () => {
    const map = new TurnoverMap<number, { n: number }>();
    for (const n of [1, 2, 3]) map.set(n, { n });
    const seen: number[] = [];
    for (const { n } of map.values()) {
      seen.push(n);
      if (n === 1) {
        map.delete(2);
        map.set(4, { n: 4 });
      }
    }
    expect(seen).toEqual([1, 3, 4]);
  });
});

describe("TurnoverSet", () => {
  test("behaves like a set", () => {
    const step = fc.record({ kind: fc.constantFrom("add", "delete"), index: fc.nat(9) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const members = Array.from({ length: 10 }, (): Placed => ({ place: -1 }));
        const [set, model] = [new TurnoverSet<Placed>(), new Set<Placed>()];
        for (const { kind, index } of steps) {
          set[kind](members[index] as Placed);
          model[kind](members[index] as Placed);
          expect(set.size).toBe(model.size);
        }
        expect(new Set(set.all())).toEqual(model);
        expect(members.filter(({ place }) => place < 0)).toHaveLength(10 - model.size);
      }),
    );
  });
});
