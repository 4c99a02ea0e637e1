/** Whatever is killed whenever: nothing acknowledged is lost, nothing of QoS 2 comes twice, the order is kept (architecture.md section 5.3). */

import { createSlowPersistence, type SlowPersistence, type TestBroker } from "@gmqtt/testing";
import { describe, expect, it } from "vitest";
import { ReliablePublisher } from "./fixtures/reliable-publisher.ts";
import { ReliableSubscriber } from "./fixtures/reliable-subscriber.ts";
import { sequence } from "./fixtures/sequence.ts";
import { durableStores } from "./stores.ts";

const RUNS = 60;
const STEPS = 80;

interface World {
  readonly broker: TestBroker;
  readonly store: SlowPersistence;
  readonly publisher: ReliablePublisher;
  readonly subscriber: ReliableSubscriber;
  /** A whole number from 0 up to, not including, `below`. */
  random(below: number): number;
}

type Step = (world: World) => unknown;

/** Everything that may happen, the frequent ones more than once. */
const steps: readonly Step[] = [
  ...repeated(6, ({ publisher, random }) => publisher.publish(random(2) === 0 ? 1 : 2)),
  ...repeated(4, ({ subscriber, random }) => {
    subscriber.read();
    subscriber.answer(random(4));
  }),
  ...repeated(4, ({ publisher }) => publisher.work()),
  ...repeated(4, ({ broker }) => broker.idle()),
  ...repeated(3, async ({ broker, publisher, subscriber }) => {
    await publisher.connect(broker);
    await subscriber.connect(broker);
  }),
  ({ publisher }) => publisher.drop(),
  ({ subscriber }) => subscriber.drop(),
  ({ store, random }) => store.failNext(random(3)),
  async ({ broker, store, random }) => {
    store.hold();
    await broker.advance(random(2_000));
    store.release();
  },
  ({ broker, random }) => broker.advance(random(2_000)),
  ({ broker, random }) => broker.crash({ pendingCommits: random(2) === 0 ? "lost" : "stored" }),
  async ({ broker, store }) => {
    // Killed while the store has answered nothing for a while.
    store.hold();
    await broker.idle();
    const crashed = broker.crash();
    store.release();
    await crashed;
  },
  ({ broker }) => broker.restart({ downtime: 1_000 }),
];

describe.each(durableStores)("with the $name store", ({ start }) => {
  it(`${RUNS} random lives of ${STEPS} events keep what was promised [MQTT-4.3.2-2] [MQTT-4.3.3-12] [MQTT-4.6.0-5] [hard case 20] [hard case 40]`, async () => {
    for (let run = 1; run <= RUNS; run++) {
      const store = createSlowPersistence();
      const broker = await start({ persistence: store });
      const world = {
        broker,
        store,
        random: sequence(run),
        publisher: new ReliablePublisher("a"),
        subscriber: new ReliableSubscriber("a"),
      };
      await world.subscriber.connect(broker);
      await world.publisher.connect(broker);
      for (let step = 0; step < STEPS; step++) await steps[world.random(steps.length)]?.(world);
      store.failNext(0);
      await finish(world);
      judge(world, `life ${run}`);
      // What is done is done: nothing of it comes again after one more restart.
      const given = structuredClone(world.subscriber.given);
      await broker.crash();
      await finish(world);
      expect(world.subscriber.given, `afterlife ${run}`).toEqual(given);
    }
  }, 120_000);
});

/** Lets everybody do his part until all is done. */
async function finish({ broker, publisher, subscriber }: World): Promise<void> {
  for (let round = 0, quiet = 0; round < 300; round++) {
    await broker.advance(2_000);
    await publisher.connect(broker);
    await subscriber.connect(broker);
    const came = publisher.work() + subscriber.read();
    subscriber.answer(1_000);
    await broker.idle();
    quiet = came === 0 ? quiet + 1 : 0;
    if (publisher.open === 0 && quiet > 2) return;
  }
  expect.unreachable("the clients did not get done");
}

function judge({ publisher, subscriber }: World, life: string): void {
  expect(publisher.completed[1].toSorted(), life).toEqual(publisher.sent[1].toSorted());
  // QoS 1: at least once, first copies in order. QoS 2: exactly once, in order.
  expect([...new Set(subscriber.given[1])], `${life}, QoS 1`).toEqual(publisher.sent[1]);
  expect(subscriber.given[2], `${life}, QoS 2`).toEqual(publisher.sent[2]);
}

function repeated(times: number, step: Step): Step[] {
  return Array.from({ length: times }, () => step);
}
