/** Clients with one subscription each that do nothing: what a connection costs in memory. */

import { setTimeout as delay } from "node:timers/promises";
import type { ClientOwner } from "./client.ts";
import { openFleet } from "./fleet.ts";
import { takeSnapshot } from "./snapshot.ts";
import type { IdleLoad, LoadResult, Target } from "./spec.ts";
import { Turn } from "./turn.ts";

export async function runIdle(target: Target, { connections, rest }: IdleLoad): Promise<LoadResult> {
  let closed = 0;
  const owner: ClientOwner = {
    onMessage: () => {},
    onPublished: () => {},
    onDrain: () => {},
    onLost: () => closed++,
  };
  const before = takeSnapshot(target.pid);
  await openFleet(target, connections, "idle", owner, new Turn(), (client) =>
    client.subscribe([`bench/idle/${client.index}/command`], 0),
  );
  const open = takeSnapshot(target.pid);
  await delay(rest * 1000);
  const rested = takeSnapshot(target.pid);
  const seconds = (open.time - before.time) / 1000;
  const figures: Record<string, number> = { connections, openedPerSecond: connections / seconds };
  if (before.broker !== undefined && rested.broker !== undefined) {
    figures.bytesEach = (rested.broker.memory - before.broker.memory) / connections;
  }
  return { figures, faults: { closed } };
}
