/** Many runs of the same become one: the median of each figure, the sum of each fault. */

import type { LoadResult } from "../load/spec.ts";

/** The middle one; of an even number the mean of the two in the middle. There must be one. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) throw new Error("no median of nothing");
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}

export function combine(runs: readonly LoadResult[]): LoadResult {
  const figures = merge(
    runs.map((run) => run.figures),
    median,
  );
  const faults = merge(
    runs.map((run) => run.faults),
    (values) => values.reduce((sum, value) => sum + value, 0),
  );
  return { figures, faults };
}

function merge(
  records: readonly Readonly<Record<string, number>>[],
  join: (values: readonly number[]) => number,
): Record<string, number> {
  const names = new Set(records.flatMap((record) => Object.keys(record)));
  const valuesOf = (name: string): number[] => records.flatMap((record) => record[name] ?? []);
  return Object.fromEntries([...names].map((name) => [name, join(valuesOf(name))]));
}
