import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { delivery } from "../../test/deliveries.ts";
import type { Delivery } from "./delivery.ts";
import { Inflight } from "./inflight.ts";

describe("Inflight", () => {
  test("gives identifiers one after the other, and none that is taken [MQTT-2.2.1-4]", () => {
    const inflight = new Inflight();
    expect([1, 2, 3].map((sequence) => inflight.add(delivery(sequence)))).toEqual([1, 2, 3]);
    inflight.remove(2);
    expect(inflight.add(delivery(4))).toBe(4);
    expect([inflight.size, inflight.get(4)?.sequence, inflight.get(2)]).toEqual([3, 4, undefined]);
  });

  test("begins again at 1 behind 65535, never at 0 [MQTT-2.2.1-3]", () => {
    const inflight = new Inflight();
    inflight.restore(delivery(1, { packetId: 65534 }));
    inflight.add(delivery(2));
    inflight.restore(delivery(3, { packetId: 1 }));
    inflight.restore(delivery(4, { packetId: 65535 }));
    expect(inflight.add(delivery(5))).toBe(2);
  });

  test("keeps the order of sending [MQTT-4.6.0-1]", () => {
    const inflight = new Inflight();
    for (const sequence of [5, 6, 7]) inflight.add(delivery(sequence));
    inflight.remove(2);
    inflight.add(delivery(8));
    expect(inflight.all().map(({ sequence }) => sequence)).toEqual([5, 7, 8]);
  });

  test("counts the bytes of what it holds", () => {
    const inflight = new Inflight();
    const one = delivery(1);
    inflight.add(one);
    inflight.add(delivery(2));
    expect(inflight.bytes).toBe(2 * one.size);
    expect([inflight.remove(1), inflight.remove(1), inflight.bytes]).toEqual([one, undefined, one.size]);
  });

  test("gives up the oldest if it was sent before; its identifier stays taken until the client acknowledges", () => {
    const inflight = new Inflight();
    inflight.add(delivery(1, { sentAt: 100 }));
    inflight.add(delivery(2, { sentAt: 200 }));
    expect(inflight.abandonOldest(99)).toBeUndefined();
    expect(inflight.abandonOldest(100)?.sequence).toBe(1);
    expect([inflight.size, inflight.occupied]).toEqual([1, 2]);
    inflight.restore(delivery(3, { packetId: 65535 }));
    expect(inflight.add(delivery(4))).toBe(3);
    expect([inflight.settleAbandoned(1), inflight.settleAbandoned(1), inflight.occupied]).toEqual([true, false, 3]);
  });

  test("does not give up an exchange whose PUBREL is owed [MQTT-4.3.3-7]", () => {
    const inflight = new Inflight();
    inflight.add(delivery(1, { qos: 2, state: "released" }));
    expect(inflight.abandonOldest(1000)).toBeUndefined();
    expect(new Inflight().abandonOldest(1000)).toBeUndefined();
  });

  test("a new connection knows nothing of what was given up", () => {
    const inflight = new Inflight();
    inflight.add(delivery(1));
    inflight.abandonOldest(0);
    inflight.forgetAbandoned();
    expect([inflight.occupied, inflight.settleAbandoned(1)]).toEqual([0, false]);
  });
});

describe("the identifiers of Inflight", () => {
  test("are passed over where one that nobody acknowledges has the place, so that it costs no memory", () => {
    const inflight = new Inflight();
    inflight.add(delivery(0));
    const ids = Array.from({ length: 40 }, (_, index) => {
      const id = inflight.add(delivery(index + 1));
      inflight.remove(id);
      return id;
    });
    expect(new Set(ids).size).toBe(40);
    expect(ids.filter((id) => id % 16 === 1)).toEqual([]);
    expect(inflight.all().map(({ packetId }) => packetId)).toEqual([1]);
  });

  test("serve whatever comes and goes in whatever order, each once at a time [MQTT-2.2.1-4] [MQTT-4.6.0-1]", () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.constant(-1) },
      { weight: 2, arbitrary: fc.nat(1000) },
      { weight: 1, arbitrary: fc.constant(-2) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 65535 }), (steps, first) => {
        const inflight = new Inflight();
        const made = [delivery(0, { packetId: first })];
        inflight.restore(made[0] as Delivery);
        let model = [...made];
        const abandoned = new Set<number>();
        for (const [index, kind] of steps.entries()) {
          if (kind === -1) {
            const one = delivery(index + 1);
            const id = inflight.add(one);
            expect(model.some(({ packetId }) => packetId === id) || abandoned.has(id)).toBe(false);
            model.push(one);
          } else if (kind === -2) {
            const oldest = inflight.abandonOldest(0);
            expect(oldest).toBe(model.shift());
            if (oldest !== undefined) abandoned.add(oldest.packetId);
          } else if (model.length > 0) {
            const one = model[kind % model.length] as Delivery;
            expect([inflight.get(one.packetId), inflight.remove(one.packetId)]).toEqual([one, one]);
            model = model.filter((other) => other !== one);
          }
        }
        expect(inflight.all()).toEqual(model);
        expect([inflight.size, inflight.occupied]).toEqual([model.length, model.length + abandoned.size]);
      }),
      { numRuns: 60 },
    );
  });
});
