/** Where broker and generator stand at one moment; two of them make a measurement. */

import { type Usage, usageOf } from "./process-usage.ts";

export interface Snapshot {
  /** Milliseconds. */
  readonly time: number;
  readonly broker: Usage | undefined;
  /** CPU seconds of this process. */
  readonly own: number;
}

export function takeSnapshot(pid: number): Snapshot {
  const { system, user } = process.cpuUsage();
  return { time: performance.now(), broker: usageOf(pid), own: (user + system) / 1e6 };
}

/** What went on between two snapshots in which `count` things were done; what could not be read is left out. */
export function between(from: Snapshot, to: Snapshot, count: number): Record<string, number> {
  const seconds = (to.time - from.time) / 1000;
  const figures: Record<string, number> = {
    seconds,
    perSecond: count / seconds,
    loadCpu: (to.own - from.own) / seconds,
  };
  if (from.broker === undefined || to.broker === undefined) return figures;
  const cpu = to.broker.cpu - from.broker.cpu;
  figures.brokerCpu = cpu / seconds;
  figures.memory = to.broker.memory;
  if (count > 0) figures.cpuMicros = (cpu * 1e6) / count;
  return figures;
}
