/** Many subscriptions, seven of ten exact and three with wildcards, then messages that each match one of them. */

import { setTimeout as delay } from "node:timers/promises";
import { Desk, latencyFigures } from "./desk.ts";
import { openFleet } from "./fleet.ts";
import { UnorderedLedger } from "./ledger.ts";
import { pass, settle } from "./pacing.ts";
import { PublishTemplate } from "./publish-template.ts";
import { Publisher } from "./publisher.ts";
import { between, takeSnapshot } from "./snapshot.ts";
import type { LoadResult, SubscriptionsLoad, Target } from "./spec.ts";
import { Turn } from "./turn.ts";
import { Window } from "./window.ts";

const FILTERS_PER_PACKET = 10;
/** Messages of one publisher on the way at once. */
const WINDOW = 100;
const SIZE = 64;

export async function runSubscriptions(target: Target, load: SubscriptionsLoad): Promise<LoadResult> {
  const run = Date.now() >>> 0;
  const turn = new Turn();
  const desk = new Desk(run, new UnorderedLedger(load.publishers), turn);
  const subscribers = await openFleet(target, load.clients, "subscriber", desk, turn);
  await delay(load.rest * 1000);
  const before = takeSnapshot(target.pid);
  await Promise.all(
    subscribers.map(async (client) => {
      const own: string[] = [];
      for (let index = client.index; index < load.subscriptions; index += load.clients) own.push(filterAt(index));
      for (let at = 0; at < own.length; at += FILTERS_PER_PACKET) {
        await client.subscribe(own.slice(at, at + FILTERS_PER_PACKET), 0);
      }
    }),
  );
  const subscribed = takeSnapshot(target.pid);
  await delay(load.rest * 1000);
  const rested = takeSnapshot(target.pid);
  const clients = await openFleet(target, load.publishers, "publisher", desk, turn);
  const templates = Array.from({ length: load.subscriptions }, (_, index) => {
    const shape = { version: target.version, qos: 0, retain: false, size: SIZE, properties: {} } as const;
    return new PublishTemplate({ ...shape, topic: topicAt(index) }, run);
  });
  const random = scatter(load.subscriptions);
  desk.publishers = clients.map(
    (client) => new Publisher(client, () => templates[random()]!, new Window(WINDOW, 1), undefined),
  );
  desk.pump();
  await pass(load.warmup * 1000, desk);
  const begun = takeSnapshot(target.pid);
  desk.measuring = true;
  await pass(load.seconds * 1000, desk);
  desk.measuring = false;
  const ended = takeSnapshot(target.pid);
  desk.pumping = false;
  await settle(desk);
  const figures: Record<string, number> = {
    ...between(begun, ended, desk.latencies.count),
    ...latencyFigures(desk.latencies),
    subscribedPerSecond: (load.subscriptions * 1000) / (subscribed.time - before.time),
  };
  if (before.broker !== undefined && rested.broker !== undefined) {
    figures.bytesEach = (rested.broker.memory - before.broker.memory) / load.subscriptions;
  }
  return { figures, faults: desk.faults(desk.sent) };
}

/** The filter of number `index`; topicAt(index) matches it and no other. */
export function filterAt(index: number): string {
  const group = index % 100;
  const shape = index % 10;
  if (shape === 9) return `bench/many/${group}/${index}/#`;
  return shape >= 7 ? `bench/many/${group}/+/one/${index}` : `bench/many/${group}/${index}/value`;
}

export function topicAt(index: number): string {
  const group = index % 100;
  const shape = index % 10;
  if (shape === 9) return `bench/many/${group}/${index}/deep/er`;
  return shape >= 7 ? `bench/many/${group}/any/one/${index}` : `bench/many/${group}/${index}/value`;
}

/** Numbers below `count` in an order without pattern, the same in every run. */
function scatter(count: number): () => number {
  let state = 88172645;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % count;
  };
}
