/** A given number of messages: how fast the broker takes them, what it needs for each, and how fast it gives them back. */

import { setTimeout as delay } from "node:timers/promises";
import { Client } from "./client.ts";
import { Desk } from "./desk.ts";
import { openFleet, optionsFor } from "./fleet.ts";
import { UnorderedLedger } from "./ledger.ts";
import { pass } from "./pacing.ts";
import { PacketIds } from "./packet-ids.ts";
import { PublishTemplate } from "./publish-template.ts";
import { Publisher } from "./publisher.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";
import type { LoadResult, OfflineLoad, RetainedLoad, Target } from "./spec.ts";
import { Turn } from "./turn.ts";
import { Window } from "./window.ts";

/** Publishes without acknowledgement at once. */
const WINDOW = 100;
const LONGEST = 120_000;

/** Retained messages, each on a topic of its own, then a subscriber to all of them. */
export async function runRetained(target: Target, load: RetainedLoad): Promise<LoadResult> {
  const bulk = await prepare(target, load, true, (sequence) => `bench/kept/${sequence % 1000}/${sequence}`);
  const kept = await store(target, load, bulk);
  const [subscriber] = await openFleet(target, 1, "subscriber", bulk.desk, bulk.turn);
  const begun = performance.now();
  await subscriber?.subscribe(["bench/kept/#"], 0);
  return finish(load, bulk, kept, begun);
}

/** Messages for a session that is away, then it comes back. */
export async function runOffline(target: Target, load: OfflineLoad): Promise<LoadResult> {
  const bulk = await prepare(target, load, false, () => "bench/away");
  const options = optionsFor(target, `away-${process.pid}`, 3600);
  const away = new Client(0, bulk.desk, bulk.turn);
  await away.connect(options);
  await away.subscribe(["bench/away"], 1);
  away.end();
  await delay(200);
  const kept = await store(target, load, bulk);
  const back = new Client(0, bulk.desk, bulk.turn);
  const begun = performance.now();
  await back.connect(options);
  const { faults, figures } = await finish(load, bulk, kept, begun);
  return { figures, faults: { ...faults, forgotten: back.sessionPresent ? 0 : 1 } };
}

interface Bulk {
  readonly turn: Turn;
  readonly desk: Desk;
  readonly ledger: UnorderedLedger;
  readonly publisher: Publisher;
}

interface Stored {
  readonly before: Snapshot;
  readonly after: Snapshot;
  readonly rested: Snapshot;
}

async function prepare(
  target: Target,
  load: RetainedLoad | OfflineLoad,
  retain: boolean,
  topic: (sequence: number) => string,
): Promise<Bulk> {
  const run = Date.now() >>> 0;
  const turn = new Turn();
  const ledger = new UnorderedLedger(1, load.messages);
  const desk = new Desk(run, ledger, turn);
  const [client] = await openFleet(target, 1, "publisher", desk, turn);
  if (client === undefined) throw new Error("a fleet of one has one client");
  const shape = { version: target.version, qos: 1, retain, size: load.size, properties: {} } as const;
  const one = new PublishTemplate({ ...shape, topic: topic(0) }, run);
  const template = (sequence: number): PublishTemplate =>
    retain ? new PublishTemplate({ ...shape, topic: topic(sequence) }, run) : one;
  // Nothing comes back while they are stored: the window is the packet identifiers alone.
  const publisher = new Publisher(client, template, new Window(load.messages, 1), new PacketIds(WINDOW));
  publisher.limit = load.messages;
  desk.publishers = [publisher];
  return { turn, desk, ledger, publisher };
}

async function store({ pid }: Target, load: RetainedLoad | OfflineLoad, { desk }: Bulk): Promise<Stored> {
  await delay(load.rest * 1000);
  const before = takeSnapshot(pid);
  desk.pump();
  await until(() => desk.acknowledged >= load.messages || desk.closed > 0);
  const after = takeSnapshot(pid);
  await pass(load.rest * 1000, desk);
  return { before, after, rested: takeSnapshot(pid) };
}

async function finish(load: RetainedLoad | OfflineLoad, bulk: Bulk, kept: Stored, begun: number): Promise<LoadResult> {
  const { messages } = load;
  const { desk, ledger } = bulk;
  let last = -1;
  let lastAt = begun;
  await until(() => {
    if (ledger.received !== last) {
      last = ledger.received;
      lastAt = performance.now();
    }
    return last >= messages || performance.now() - lastAt > 5000 || desk.closed > 0;
  });
  const { after, before, rested } = kept;
  const figures: Record<string, number> = {
    storedPerSecond: (messages * 1000) / (after.time - before.time),
    returnedPerSecond: (messages * 1000) / (lastAt - begun),
  };
  if (before.broker !== undefined && rested.broker !== undefined) {
    figures.bytesEach = (rested.broker.memory - before.broker.memory) / messages;
  }
  const { closed, lost, refused, repeated, strange } = desk.faults(messages) as Record<string, number>;
  return {
    figures,
    faults: { lost: lost!, repeated: repeated!, closed: closed!, refused: refused!, strange: strange! },
  };
}

/** Waits until `reached`; gives up after two minutes, and the result shows what is missing. */
async function until(reached: () => boolean): Promise<void> {
  const end = performance.now() + LONGEST;
  while (!reached() && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
}
