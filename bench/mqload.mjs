/**
 * Holds gmqttd against its bars with the load generator mqload (C, not part of this repository):
 * node bench/mqload.mjs --source mqload.c [--only pairs-q0,connect] [--repeat 5] [--seconds 5] [--json FILE]
 * Prints bar, measured, met. Needs a build (npm run build); --gmqttd takes the broker of another checkout, --with puts a
 * command in front of each run, --node-arguments="--cpu-prof" is for profiles. The brokers are
 * started in turn, run after run; each figure is the median of its runs.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gmqttd } from "./dist/brokers/gmqttd.js";
import { mosquitto } from "./dist/brokers/mosquitto.js";
import { LOAD_CORE, onCore } from "./dist/brokers/pinned.js";
import { bars, judge } from "./mqload/bars.mjs";
import { loads } from "./mqload/loads.mjs";

const { values: options } = parseArgs({
  options: {
    source: { type: "string" },
    only: { type: "string", default: Object.keys(loads).join(",") },
    repeat: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    brokers: { type: "string", default: "gmqttd,mosquitto" },
    gmqttd: { type: "string", default: dirname(dirname(fileURLToPath(import.meta.url))) },
    "node-arguments": { type: "string", default: "" },
    with: { type: "string", default: "" },
    json: { type: "string" },
  },
});
if (options.source === undefined) throw new Error("--source wants the file mqload.c, or the program built from it");

// Ends through 'exit', where the brokers are killed.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

const words = (text, separator) => text.split(separator).filter((word) => word !== "");
const brokers = { gmqttd: gmqttd(resolve(options.gmqttd), words(options["node-arguments"], " ")), mosquitto };
const folder = mkdtempSync(join(tmpdir(), "gmqtt-mqload-"));
chmodSync(folder, 0o755); // mosquitto reads its file as a user of its own
const program = build(resolve(options.source));
const runs = [];
for (let round = 1; round <= Number(options.repeat); round++) {
  for (const name of words(options.only, ",")) {
    for (const broker of words(options.brokers, ",")) {
      const load = loads[name];
      if (load === undefined) throw new Error(`no load ${name}; there are ${Object.keys(loads).join(", ")}`);
      if ((load.only ?? broker) !== broker) continue;
      const result = await measure(name, load, broker);
      runs.push({ round, load: name, broker, result });
      console.error(line(round, name, broker, result));
    }
  }
}
rmSync(folder, { recursive: true, force: true });
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(runs, null, 1)}\n`);
report();

function build(source) {
  if (!source.endsWith(".c")) return source;
  const made = join(folder, "mqload");
  execFileSync("cc", ["-O2", "-o", made, source, "-lm"], { stdio: "inherit" });
  return made;
}

/** One run of mqload against a broker started for it. */
async function measure(name, { args, features = [], twice = false }, broker) {
  const home = mkdtempSync(join(folder, "broker-"));
  const running = await brokers[broker].start({ features: new Set(features), folder: home, certificate: undefined });
  const at = ["-p", `${running.port}`, "-pid", `${running.pid}`, "-d", options.seconds, "-label", `${name}/${broker}`];
  const [pinned, pinnedArgs] = onCore(LOAD_CORE, program, [...args, ...at]);
  const [command, ...rest] = [...words(options.with, " "), pinned, ...pinnedArgs];
  const run = () => {
    const { stdout, stderr } = spawnSync(command, rest, { encoding: "utf8" });
    if (!stdout?.startsWith("{")) throw new Error(`${name} on ${broker} printed no result:\n${stdout}${stderr}`);
    return JSON.parse(stdout);
  };
  const cold = twice ? run() : undefined;
  await running.pause?.();
  const result = run();
  const pause = await running.pause?.();
  await running.stop();
  if (cold === undefined) return { ...result, pause };
  const memory = Object.entries(cold).filter(([figure]) => figure.startsWith("bytes_per_"));
  return { ...result, ...Object.fromEntries(memory), cold, pause };
}

/** A run in a line; what went wrong in it stands behind the figures. */
function line(round, name, broker, result) {
  if (result.error !== undefined) return `${round} ${name} ${broker}: ${result.error}`;
  const wrong = ["lost", "extra", "late_or_dup", "dups", "closed", "conn_failed", "bad_acks", "stalls"];
  const faults = wrong.filter((key) => (result[key] ?? 0) !== 0).map((key) => `${key} ${result[key]}`);
  const figures = new Set(bars.filter((bar) => bar.load === name || bar.base === name).map(({ figure }) => figure));
  const seen = [...figures].map((figure) => `${figure} ${pick(result, figure)}`);
  if (result.cold !== undefined)
    seen.push(`the run before: ${[...figures].map((figure) => pick(result.cold, figure)).join(", ")}`);
  if (result.pause > 0) seen.push(`longest pause ${result.pause.toFixed(1)} ms`);
  const busy = result.foreign_cpu > 0.1 ? [`other processes used ${result.foreign_cpu} of the cores`] : [];
  return [`${round} ${name} ${broker}:`, ...seen, ...faults, ...busy].join("  ");
}

function pick(result, figure) {
  return figure.split(".").reduce((at, key) => at?.[key], result);
}

function median(load, broker, figure) {
  const own = runs.filter((run) => run.load === load && run.broker === broker);
  const found = own.map(({ result }) => pick(result, figure)).filter((value) => value !== undefined);
  found.sort((one, other) => one - other);
  const middle = found.length >> 1;
  return found.length % 2 === 1
    ? found[middle]
    : found.length > 0
      ? (found[middle - 1] + found[middle]) / 2
      : undefined;
}

function report() {
  const verdicts = bars.map((bar) => judge(bar, median)).filter((verdict) => verdict !== undefined);
  console.log("| load | bar | measured | met |\n|---|---|---|---|");
  for (const { bar, wanted, measured, met } of verdicts) {
    console.log(`| ${bar} | ${wanted} | ${measured} | ${met ? "yes" : "NO"} |`);
  }
  const pauses = runs.map(({ result }) => result.pause ?? 0);
  console.log(`\nlongest pause of gmqttd's event loop in all runs: ${Math.max(...pauses).toFixed(1)} ms`);
  console.log(`${verdicts.filter(({ met }) => met).length} of ${verdicts.length} bars met`);
}
