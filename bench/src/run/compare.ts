/** Runs all workloads on all brokers, again and again; what changes on the machine meets all brokers alike. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Broker } from "../brokers/broker.ts";
import type { LoadResult } from "../load/spec.ts";
import type { Workload } from "../workloads.ts";
import { makeCertificate } from "./certificate.ts";
import { can, measure } from "./measure.ts";
import { combine } from "./median.ts";
import type { Options } from "./options.ts";

/** What came of a workload: by the broker's name, its figures or why there are none. */
export interface Outcome {
  readonly workload: Workload;
  readonly results: ReadonlyMap<string, LoadResult>;
  readonly failures: ReadonlyMap<string, string>;
}

/** `tell` hears of each run. */
export async function compare(
  brokers: readonly Broker[],
  { prefix, repeat, workloads }: Pick<Options, "prefix" | "repeat" | "workloads">,
  tell: (line: string) => void,
): Promise<Outcome[]> {
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-bench-"));
  try {
    const certificate = makeCertificate(folder);
    const runs = new Map<string, LoadResult[]>();
    const failures = new Map<string, string>();
    for (let round = 1; round <= repeat; round++) {
      for (const workload of workloads) {
        for (const broker of brokers.filter((one) => can(one, workload))) {
          const key = `${workload.name} ${broker.name}`;
          try {
            const result = await measure(broker, workload, certificate, prefix);
            runs.set(key, [...(runs.get(key) ?? []), result]);
            tell(`${round}/${repeat} ${key}: ${shown(result)}`);
          } catch (error) {
            failures.set(key, error instanceof Error ? error.message : String(error));
            tell(`${round}/${repeat} ${key} failed: ${failures.get(key)}`);
          }
        }
      }
    }
    return workloads.map((workload) => outcomeOf(workload, brokers, runs, failures));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function outcomeOf(
  workload: Workload,
  brokers: readonly Broker[],
  runs: ReadonlyMap<string, readonly LoadResult[]>,
  failed: ReadonlyMap<string, string>,
): Outcome {
  const results = new Map<string, LoadResult>();
  const failures = new Map<string, string>();
  for (const { name } of brokers) {
    const own = runs.get(`${workload.name} ${name}`);
    const failure = failed.get(`${workload.name} ${name}`);
    if (own !== undefined) results.set(name, combine(own));
    if (failure !== undefined) failures.set(name, failure);
  }
  return { workload, results, failures };
}

/** The figures that tell most, and faults that are not 0. */
function shown({ faults, figures }: LoadResult): string {
  const names = ["cpuMicros", "perSecond", "p99", "storedPerSecond", "returnedPerSecond", "bytesEach"];
  const parts = names.flatMap((name) => (figures[name] === undefined ? [] : `${name} ${round(figures[name])}`));
  const wrong = Object.entries(faults).flatMap(([name, count]) =>
    count === 0 ? [] : `${name.toUpperCase()} ${count}`,
  );
  return [...parts, ...wrong].join("  ");
}

function round(value: number): string {
  return value.toFixed(value < 100 ? 2 : 0);
}
