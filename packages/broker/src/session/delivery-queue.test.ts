import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { delivery, messageOn } from "../../test/deliveries.ts";
import type { Delivery } from "./delivery.ts";
import { DeliveryQueue } from "./delivery-queue.ts";

const sequences = (deliveries: Iterable<Delivery>): number[] => [...deliveries].map(({ sequence }) => sequence);

function queueOf(...deliveries: Delivery[]): DeliveryQueue {
  const queue = new DeliveryQueue();
  for (const one of deliveries) queue.push(one);
  return queue;
}

describe("DeliveryQueue", () => {
  test("gives back what was pushed, in order, and counts it", () => {
    const queue = queueOf(delivery(1), delivery(2, { qos: 0 }), delivery(3));
    expect([queue.length, queue.qos0Length, queue.bytes]).toEqual([3, 1, 3 * delivery(1).size]);
    expect(queue.peek()?.sequence).toBe(1);
    expect([queue.shift(), queue.shift(), queue.shift(), queue.shift()].map((one) => one?.sequence)).toEqual([
      1,
      2,
      3,
      undefined,
    ]);
    expect([queue.length, queue.qos0Length, queue.bytes, queue.peek()]).toEqual([0, 0, 0, undefined]);
  });

  test("takes out the first that has expired, wherever it stands", () => {
    const queue = queueOf(delivery(1, { queuedAt: 60 }), delivery(2, { queuedAt: 50 }), delivery(3, { queuedAt: 10 }));
    expect([queue.takeExpired(109, 100), queue.takeExpired(150, 100)?.sequence]).toEqual([undefined, 2]);
    expect(sequences(queue)).toEqual([1, 3]);
  });

  test("finds a message's own expiry, again and again, though nothing has waited long", () => {
    const brief = (now: number) => messageOn("t", { now, properties: { messageExpiryInterval: 1 } });
    const queue = queueOf(delivery(1), delivery(2, { message: brief(0) }), delivery(3, { message: brief(500) }));
    expect(queue.takeExpired(999, 0)).toBeUndefined();
    expect([queue.takeExpired(1000, 0)?.sequence, queue.takeExpired(1000, 0)]).toEqual([2, undefined]);
    expect(queue.takeExpired(1500, 0)?.sequence).toBe(3);
  });

  test("takes out the oldest with QoS 0, if there is one", () => {
    const queue = queueOf(delivery(1), delivery(2, { qos: 0 }), delivery(3, { qos: 0 }));
    expect([queue.takeQoS0()?.sequence, queue.takeQoS0()?.sequence, queue.takeQoS0()]).toEqual([2, 3, undefined]);
    expect(sequences(queue)).toEqual([1]);
  });

  test("takes out all that are chosen, in order", () => {
    const queue = queueOf(...[1, 2, 3, 4, 5].map((sequence) => delivery(sequence)));
    expect(sequences(queue.takeAll(({ sequence }) => sequence % 2 === 0))).toEqual([2, 4]);
    expect(sequences(queue)).toEqual([1, 3, 5]);
    expect(sequences(queue.takeAll(() => true))).toEqual([1, 3, 5]);
    expect(queue.length).toBe(0);
  });

  test("takes out all of a long queue: nothing of a session that ends is left behind", () => {
    const queue = queueOf(...Array.from({ length: 1000 }, (_, index) => delivery(index + 1)));
    expect(queue.takeAll(() => true)).toHaveLength(1000);
    expect([queue.length, queue.bytes]).toEqual([0, 0]);
  });

  test("behaves like a list, also when it is long and holes in it are closed", () => {
    const operation = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant("push" as const), count: fc.integer({ min: 1, max: 200 }) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant("shift" as const), count: fc.integer({ min: 1, max: 300 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant("qos0" as const), count: fc.integer({ min: 1, max: 100 }) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("all" as const), count: fc.integer({ min: 2, max: 9 }) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("expired" as const), count: fc.nat(20) }) },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const queue = new DeliveryQueue();
        let model: Delivery[] = [];
        const takeFirst = (choose: (one: Delivery) => boolean): Delivery | undefined => {
          const found = model.find(choose);
          model = model.filter((one) => one !== found);
          return found;
        };
        let sequence = 0;
        for (const { kind, count } of operations) {
          if (kind === "all") {
            const choose = (one: Delivery): boolean => one.sequence % count !== 0;
            const expected = model.filter(choose);
            model = model.filter((one) => !choose(one));
            expect(sequences(queue.takeAll(choose))).toEqual(sequences(expected));
            continue;
          }
          for (let step = 0; step < count; step++) {
            if (kind === "push") {
              const qos = sequence % 3 === 0 ? 0 : 1;
              const one = delivery(++sequence, { qos, queuedAt: sequence % 50 });
              queue.push(one);
              model.push(one);
            } else if (kind === "shift") expect(queue.shift()).toBe(model.shift());
            else if (kind === "qos0") expect(queue.takeQoS0()).toBe(takeFirst(({ qos }) => qos === 0));
            else expect(queue.takeExpired(count, 1)).toBe(takeFirst(({ queuedAt }) => queuedAt < count));
          }
          expect(queue.peek()).toBe(model[0]);
        }
        expect(sequences(queue)).toEqual(sequences(model));
        expect(queue.length).toBe(model.length);
        expect(queue.bytes).toBe(model.reduce((sum, { size }) => sum + size, 0));
        expect(queue.qos0Length).toBe(model.filter(({ qos }) => qos === 0).length);
      }),
      { numRuns: 60 },
    );
  });
});
