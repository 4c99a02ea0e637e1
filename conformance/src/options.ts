/** The command line: what a run is asked for. Whatever would be ignored is refused. */

import { type ParseArgsConfig, parseArgs } from "node:util";
import type { StoreName } from "./brokers/gmqttd.ts";

/** How to call it. */
export const USAGE = `usage: conformance [options]
  --broker NAME           gmqttd (default), mosquitto or aedes, started on free ports
  --store NAME            where gmqttd keeps its state: memory (default), or redis: a redis-server is started
  --target HOST:PORT      a broker that runs already; --websocket HOST:PORT/PATH says where its WebSocket is
  --grep TEXT             only tests whose name has this text (a statement's id, a part of the title)
  --version 5.0           only tests of this version (3.1, 3.1.1, 5.0)
  --bail                  stop at the first failure
  --table                 print the whole table, not only failures
  --json FILE             write the results
  --write                 write docs/conformance.md
  --check                 fail when docs/conformance.md is not what this run produced
  --no-robustness         leave out the malformed corpus, the floods and the fuzzer
  --no-tests              leave out the tests: robustness only
  --fuzz SECONDS          how long the fuzzer runs (default 60)
  --seed NUMBER           where the fuzzer starts (default 1)
  --help                  print this`;

const OPTIONS = {
  broker: { type: "string", default: "gmqttd" },
  store: { type: "string", default: "memory" },
  target: { type: "string" },
  websocket: { type: "string" },
  grep: { type: "string" },
  version: { type: "string" },
  bail: { type: "boolean", default: false },
  table: { type: "boolean", default: false },
  json: { type: "string" },
  write: { type: "boolean", default: false },
  check: { type: "boolean", default: false },
  robustness: { type: "boolean", default: true },
  tests: { type: "boolean", default: true },
  fuzz: { type: "string", default: "60" },
  seed: { type: "string", default: "1" },
  help: { type: "boolean", default: false },
} as const satisfies ParseArgsConfig["options"];

/** A checked command line. */
export interface Options {
  readonly broker: string;
  readonly store: StoreName;
  readonly target: string | undefined;
  readonly websocket: string | undefined;
  readonly grep: string | undefined;
  readonly version: string | undefined;
  readonly bail: boolean;
  readonly table: boolean;
  readonly json: string | undefined;
  readonly write: boolean;
  readonly check: boolean;
  readonly tests: boolean;
  readonly robustness: boolean;
  readonly fuzz: number;
  readonly seed: number;
  readonly help: boolean;
}

/** Reads the arguments behind the script's name. Throws an Error that says what is wrong with them. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({ args: [...args], options: OPTIONS, allowNegative: true });
  const { broker, grep, store, target, version, websocket } = values;
  const ours = target === undefined && broker === "gmqttd";
  const part = grep !== undefined || version !== undefined;
  refuse(
    !["gmqttd", "mosquitto", "aedes"].includes(broker),
    `there is no broker ${broker}: gmqttd, mosquitto or aedes`,
  );
  refuse(store !== "memory" && store !== "redis", `there is no store ${store}: memory or redis`);
  refuse(store !== "memory" && !ours, "--store is about gmqttd");
  refuse(websocket !== undefined && target === undefined, "--websocket belongs to --target");
  refuse(
    version !== undefined && !["3.1", "3.1.1", "5.0"].includes(version),
    `no version ${version}: 3.1, 3.1.1 or 5.0`,
  );
  refuse((values.write || values.check) && (part || !values.tests), "--write and --check need all tests");
  refuse((values.write || values.check) && !ours, "docs/conformance.md is about gmqttd");
  refuse(!values.tests && !values.robustness, "with neither tests nor robustness nothing is left");
  refuse(!values.tests && (part || !ours), "robustness is of gmqttd, and has no parts");
  return {
    broker,
    grep,
    target,
    version,
    websocket,
    store: store as StoreName,
    bail: values.bail,
    table: values.table,
    json: values.json,
    write: values.write,
    check: values.check,
    tests: values.tests,
    // A part of the tests is looked at for its own sake, and another broker for its answers.
    robustness: values.robustness && ours && !part,
    fuzz: positive("fuzz", values.fuzz),
    seed: positive("seed", values.seed),
    help: values.help,
  };
}

function refuse(condition: boolean, complaint: string): void {
  if (condition) throw new Error(complaint);
}

function positive(name: string, text: string): number {
  const number = Number(text);
  refuse(!Number.isSafeInteger(number) || number < 1, `--${name} wants a whole number from 1, not ${text}`);
  return number;
}
