/** Which charts stand in the report, and of what. */

import type { Outcome } from "../run/compare.ts";
import { type BarChart, drawChart } from "./chart.ts";
import { plain } from "./number.ts";

/** Groups in a chart, if there are main ones among them. */
const MOST = 14;

/** Name of the file and the picture. */
export interface Picture {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** The charts for which there are figures. */
export function picturesOf(outcomes: readonly Outcome[], names: readonly string[]): Picture[] {
  const of = (section: string): Outcome[] => telling(outcomes.filter(({ workload }) => workload.section === section));
  const candidates: readonly [string, BarChart][] = [
    ["cpu.svg", cpuChart(of("messages"), names)],
    ["latency.svg", latencyChart(of("latency"), names)],
    ["memory.svg", memoryChart(of("state"), names)],
  ];
  return candidates
    .filter(([, { groups }]) => groups.length > 0)
    .map(([file, chart]) => ({ file, title: chart.title, svg: drawChart(chart) }));
}

/** A chart of everything tells nothing: of many workloads the main ones, which are those of `--quick`. */
function telling(outcomes: readonly Outcome[]): Outcome[] {
  const main = outcomes.filter(({ workload }) => workload.quick);
  return outcomes.length > MOST && main.length > 0 ? main : [...outcomes];
}

function cpuChart(outcomes: readonly Outcome[], names: readonly string[]): BarChart {
  return {
    title: "CPU per delivered message",
    note: "microseconds of one core, logarithmic scale; shorter is better",
    groups: groupsOf(outcomes, names, "cpuMicros"),
    names,
    logarithmic: true,
    format: plain,
  };
}

function latencyChart(outcomes: readonly Outcome[], names: readonly string[]): BarChart {
  return {
    title: "Latency, 99th percentile",
    note: "milliseconds from publisher to subscriber at a fixed rate; shorter is better",
    groups: groupsOf(outcomes, names, "p99"),
    names,
    logarithmic: false,
    format: (micros) => plain(micros / 1000),
  };
}

function memoryChart(outcomes: readonly Outcome[], names: readonly string[]): BarChart {
  return {
    title: "Memory of what a broker keeps",
    note: "resident bytes for each connection, subscription or message, payload of 64 bytes included; shorter is better",
    groups: groupsOf(outcomes, names, "bytesEach"),
    names,
    logarithmic: true,
    format: plain,
  };
}

function groupsOf(outcomes: readonly Outcome[], names: readonly string[], figure: string): BarChart["groups"] {
  return outcomes
    .map(({ results, workload }) => ({
      label: workload.title,
      bars: names.flatMap((name) => {
        const value = results.get(name)?.figures[figure];
        return value === undefined || value <= 0 ? [] : [{ name, value }];
      }),
    }))
    .filter(({ bars }) => bars.length > 0);
}
