/** The command line of the runner. */

import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Workload, workloads } from "../workloads.ts";

export interface Options {
  readonly workloads: readonly Workload[];
  /** Names of brokers that we know how to start. */
  readonly brokers: readonly string[];
  /** Command lines of others. */
  readonly commands: readonly string[];
  readonly repeat: number;
  /** Stands in front of the load generator's command line. */
  readonly prefix: readonly string[];
  /** The page to write; undefined: only print. */
  readonly out: string | undefined;
  readonly nodeArguments: readonly string[];
}

export const USAGE: string = `usage: pnpm bench [options]
  --quick                one short run of the main workloads: less than five minutes
  --workloads a,b        these only: ${workloads.map(({ name }) => name).join(", ")}
  --brokers a,b          of gmqttd, mosquitto, aedes
  --broker "name=line"   another one, started by a command line with {port} in it; may be given again
  --repeat N             runs of each, of which the median counts (5; with --quick 1)
  --seconds N            of each measurement (3; with --quick 1)
  --with LINE            a command in front of the load generator's, for example a lock for a shared machine
  --out FILE             writes tables into this page, charts and JSON beside it, as for docs/performance.md
  --node-arguments="..." for gmqttd, for example --node-arguments="--cpu-prof --cpu-prof-dir=/tmp"`;

/** Seconds before, and of, a measurement with --quick. */
const QUICK_SECONDS = { warmup: 1, seconds: 1 };

/** Reads the command line; throws what is wrong with it. */
export function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      workloads: { type: "string" },
      brokers: { type: "string", default: "gmqttd,mosquitto,aedes" },
      broker: { type: "string", multiple: true, default: [] },
      repeat: { type: "string" },
      seconds: { type: "string" },
      with: { type: "string", default: "" },
      out: { type: "string" },
      "node-arguments": { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const repeat = Number(values.repeat ?? (values.quick ? 1 : 5));
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
  if (seconds !== undefined && !(seconds > 0))
    throw new Error(`--seconds wants a number above 0, not ${values.seconds}`);
  if (!Number.isInteger(repeat) || repeat < 1) throw new Error(`--repeat wants a number from 1, not ${values.repeat}`);
  const chosen = values.workloads === undefined ? standard(values.quick) : named(listOf(values.workloads));
  return {
    workloads: chosen.map((workload) => timed(workload, values.quick, seconds)),
    brokers: listOf(values.brokers),
    commands: values.broker,
    repeat,
    out: values.out === undefined ? undefined : resolve(values.out),
    prefix: wordsOf(values.with),
    nodeArguments: wordsOf(values["node-arguments"]),
  };
}

function standard(quick: boolean): readonly Workload[] {
  return quick ? workloads.filter((workload) => workload.quick) : workloads;
}

function named(names: readonly string[]): Workload[] {
  return names.map((name) => {
    const found = workloads.find((workload) => workload.name === name);
    if (found === undefined)
      throw new Error(`no workload ${name}; there are ${workloads.map((one) => one.name).join(", ")}`);
    return found;
  });
}

/** With other times than those it is defined with. */
function timed(workload: Workload, quick: boolean, seconds: number | undefined): Workload {
  const { load } = workload;
  if (!("seconds" in load)) return workload;
  const change = { ...(quick ? QUICK_SECONDS : {}), ...(seconds === undefined ? {} : { seconds }) };
  return { ...workload, load: { ...load, ...change } };
}

function wordsOf(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}

function listOf(text: string): string[] {
  return text.split(",").filter((word) => word !== "");
}
