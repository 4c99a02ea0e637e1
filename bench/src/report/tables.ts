/** The tables of a comparison, in markdown. */

import type { LoadResult } from "../load/spec.ts";
import type { Outcome } from "../run/compare.ts";
import { milliseconds, plain, times } from "./number.ts";

const OURS = "gmqttd";

/** A table of each section that has workloads, and what went wrong. */
export function tablesOf(outcomes: readonly Outcome[], brokers: readonly string[]): string {
  const of = (section: string): Outcome[] => outcomes.filter(({ workload }) => workload.section === section);
  const parts = [
    ratios("Microseconds of broker CPU per delivered message", of("messages"), brokers),
    ratios("Microseconds of broker CPU per connection", of("clients"), brokers),
    latencies(of("latency"), brokers),
    states(of("state"), brokers),
    faultsOf(outcomes),
    pausesOf(outcomes),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function ratios(title: string, outcomes: readonly Outcome[], brokers: readonly string[]): string {
  if (outcomes.length === 0) return "";
  const others = brokers.filter((name) => name !== OURS);
  const head = [title, ...brokers, ...others.map((name) => `${name} / ${OURS}`), `${OURS}: in a second of CPU`];
  const rows = outcomes.map(({ results, workload }) => {
    const figure = (name: string): number | undefined => results.get(name)?.figures.cpuMicros;
    const shown = (value: number | undefined): string => (value === undefined ? "" : plain(value));
    const own = brokers.map((name) => shown(figure(name)));
    const held = others.map((name) => times(figure(OURS), figure(name)));
    return [workload.title, ...own, ...held, times(figure(OURS), 1e6)];
  });
  return table(head, rows);
}

function latencies(outcomes: readonly Outcome[], brokers: readonly string[]): string {
  if (outcomes.length === 0) return "";
  const rows = outcomes.flatMap(({ results, workload }) =>
    brokers.flatMap((name) => {
      const figures = results.get(name)?.figures;
      if (figures === undefined) return [];
      const { max, p50, p99, p999 } = figures;
      return [[workload.title, name, ...[p50, p99, p999, max].map(milliseconds)]];
    }),
  );
  return table(["Latency in milliseconds", "broker", "p50", "p99", "p99.9", "max"], rows);
}

/** What the figures of these loads are called, in the order of their columns. */
const STATE_FIGURES = {
  openedPerSecond: "opened a second",
  subscribedPerSecond: "subscribed a second",
  perSecond: "matched a second",
  storedPerSecond: "stored a second",
  returnedPerSecond: "returned a second",
  bytesEach: "bytes each",
} as const;

function states(outcomes: readonly Outcome[], brokers: readonly string[]): string {
  if (outcomes.length === 0) return "";
  const rows = outcomes.flatMap(({ results, workload }) =>
    Object.entries(STATE_FIGURES).flatMap(([key, label]) => {
      const values = brokers.map((name) => results.get(name)?.figures[key]);
      if (values.every((value) => value === undefined)) return [];
      return [[`${workload.title}: ${label}`, ...values.map((value) => (value === undefined ? "" : plain(value)))]];
    }),
  );
  return table(["State", ...brokers], rows);
}

/** Faults and failures, one in a line. */
function faultsOf(outcomes: readonly Outcome[]): string {
  const lines = outcomes.flatMap(({ failures, results, workload }) => [
    ...[...results].flatMap(([name, result]) => faultLines(workload.title, name, result)),
    ...[...failures].map(([name, message]) => `- ${name}, ${workload.title}: ${message.split("\n")[0]}`),
  ]);
  if (lines.length === 0) return "Nothing was lost, came twice or late, and no connection was closed, in any run.";
  return `What went wrong, in all runs together:\n\n${lines.join("\n")}`;
}

/** The longest pause of our event loop, and where it was. */
function pausesOf(outcomes: readonly Outcome[]): string {
  const pauses = outcomes.flatMap(({ results, workload }) => {
    const pause = results.get(OURS)?.figures.pause;
    return pause === undefined ? [] : [{ pause, title: workload.title }];
  });
  const [longest] = pauses.toSorted((one, other) => other.pause - one.pause);
  if (longest === undefined) return "";
  return `The longest pause of gmqttd's event loop was ${plain(longest.pause)} ms: ${longest.title}.`;
}

function faultLines(title: string, name: string, { faults }: LoadResult): string[] {
  const wrong = Object.entries(faults).filter(([, count]) => count !== 0);
  if (wrong.length === 0) return [];
  return [`- ${name}, ${title}: ${wrong.map(([fault, count]) => `${fault} ${plain(count)}`).join(", ")}`];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => (column === 0 ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
