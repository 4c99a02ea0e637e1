import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PacketIds } from "./packet-ids.ts";

describe("PacketIds", () => {
  test("behaves like a set, whatever is added and deleted", () => {
    // Few different ones from all over the range, so that places are shared and identifiers come back.
    const id = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 65500, max: 65535 }), fc.constant(32768));
    const step = fc.record({ kind: fc.constantFrom("add", "add", "delete", "has"), id });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const [ids, model] = [new PacketIds(), new Set<number>()];
        for (const { kind, id } of steps) {
          if (kind === "delete") expect(ids.delete(id)).toBe(model.delete(id));
          else if (kind === "has") expect(ids.has(id)).toBe(model.has(id));
          else {
            ids.add(id);
            model.add(id);
          }
          expect(ids.size).toBe(model.size);
        }
        expect([...ids].sort((a, b) => a - b)).toEqual([...model].sort((a, b) => a - b));
      }),
    );
  });

  test("holds all identifiers there are, and gives them back", () => {
    const ids = new PacketIds();
    for (let id = 1; id <= 65535; id++) ids.add(id);
    expect([ids.size, ids.has(1), ids.has(65535)]).toEqual([65535, true, true]);
    const { user } = process.cpuUsage();
    for (let id = 1; id <= 65535; id++) if (!ids.delete(id)) throw new Error(`${id} is gone`);
    expect([ids.size, ids.has(1), [...ids]]).toEqual([0, false, []]);
    // Some milliseconds; seconds if each deletion looked at all that are left.
    expect(process.cpuUsage().user - user).toBeLessThan(1_000_000);
  });

  test("forgets all at once", () => {
    const ids = new PacketIds();
    ids.add(7);
    ids.clear();
    expect([ids.size, ids.has(7), ids.delete(7)]).toEqual([0, false, false]);
  });
});
