/** Clients that connect, see CONNACK and leave, again and again. */

import { setTimeout as delay } from "node:timers/promises";
import { Client, type ClientOwner } from "./client.ts";
import { latencyFigures } from "./desk.ts";
import { optionsFor } from "./fleet.ts";
import { Histogram } from "./histogram.ts";
import { between, takeSnapshot } from "./snapshot.ts";
import type { ConnectLoad, LoadResult, Target } from "./spec.ts";
import { elapsed, now } from "./stamp.ts";
import { Turn } from "./turn.ts";

export async function runConnect(target: Target, load: ConnectLoad): Promise<LoadResult> {
  const latencies = new Histogram();
  const turn = new Turn();
  let closed = 0;
  const owner: ClientOwner = {
    onMessage: () => {},
    onPublished: () => {},
    onDrain: () => {},
    onLost: () => closed++,
  };
  let [refused, visits] = [0, 0];
  let running = true;
  let number = 0;
  const visit = async (): Promise<void> => {
    const begun = now();
    const client = new Client(number, owner, turn);
    try {
      await client.connect(optionsFor(target, `visitor-${process.pid}-${number++}`));
      client.end();
      latencies.add(elapsed(begun, now()));
      visits++;
    } catch {
      refused++;
    }
  };
  const slot = async (): Promise<void> => {
    while (running) await visit();
  };
  const slots = Array.from({ length: load.concurrent }, slot);
  await delay(load.warmup * 1000);
  const before = takeSnapshot(target.pid);
  latencies.clear();
  await delay(load.seconds * 1000);
  const after = takeSnapshot(target.pid);
  const figures = { ...between(before, after, latencies.count), ...latencyFigures(latencies) };
  running = false;
  await Promise.all(slots);
  return { figures: { ...figures, visits }, faults: { closed, refused } };
}
