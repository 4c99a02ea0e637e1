/** `torture [--minutes 2] [--seed N] [--store redis] [--sabotage early]`: exit code 1 when a promise was broken. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Chaos } from "./chaos.ts";
import { Judge, PROMISES } from "./checker/judge.ts";
import { createGmqttd } from "./processes/gmqttd.ts";
import { stores } from "./processes/stores.ts";
import { Random } from "./random.ts";
import { isSabotage, SABOTAGES, type Sabotage } from "./sabotages.ts";
import { World } from "./world.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    seed: { type: "string" },
    store: { type: "string", default: "redis" },
    sabotage: { type: "string" },
    keep: { type: "boolean", default: false },
  },
});
const { keep } = values;
const sabotage = sabotageOf(values.sabotage);
const minutes = Number(values.minutes ?? (sabotage === "early" ? 1 : 2));
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error("--minutes and --seed have to be numbers");
const makeStore = stores[values.store];
if (makeStore === undefined)
  throw new Error(`unknown store ${values.store}, there are ${Object.keys(stores).join(", ")}`);
const folder = mkdtempSync(join(tmpdir(), "gmqtt-torture-"));
console.log(`seed ${seed}, ${minutes} minutes, store ${values.store}, files in ${folder}`);

const judge = new Judge();
const onFault = (what: string): void => judge.violation("processes", what);
if (sabotage !== undefined) process.env.TORTURE_SABOTAGE = sabotage; // the broker's processes inherit it
const store = await makeStore(folder, sabotage !== undefined, onFault);
store.process.start();
await store.process.serving();
const broker = await createGmqttd(folder, store.section, onFault);
broker.process.start();
await broker.process.serving();
const world = new World(broker.port, judge, seed);
await world.start();
await delay(1000);

const chaos = new Chaos({ broker, store, clients: world.clients }, new Random(seed), world.disturbances);
const ordeals = chaos.run();
const end = Date.now() + minutes * 60_000;
while (Date.now() < end && !noticed()) await delay(500);
chaos.end();
await ordeals;
await store.process.serving();
await broker.process.serving();
// What is lost at most is seen in the end, as wills are.
if (!noticed()) await world.finish();
await broker.process.end();
await store.process.end();
store.wire.close();
judge.check("processes", broker.process.starts);

for (const [name, count] of chaos.counts) console.log(`${String(count).padStart(6)} ${name}`);
console.log(
  `${judge.sent} messages sent, ${judge.acknowledged} acknowledged, ${judge.delivered} delivered, ` +
    `${judge.repeated} QoS 1 messages came again, ${judge.resumes} sessions resumed, ${judge.refusals} connects refused; ` +
    `broker killed ${broker.process.kills} times, store killed ${store.process.kills} times, ` +
    `${broker.process.excused} starts without a store`,
);
const { failed, good, passed } = sabotage === undefined ? promises() : reported(sabotage);
console.log(`${judge.violationCount} violations (seed ${seed})`);
if (good && !keep) rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(good ? 0 : 1);

function promises(): { readonly passed: number; readonly failed: number; readonly good: boolean } {
  const { failed, lines, passed } = judge.verdict();
  for (const line of lines) console.log(line);
  return { passed, failed, good: failed === 0 };
}

function sabotageOf(name: string | undefined): Sabotage | undefined {
  if (name === undefined || isSabotage(name)) return name;
  throw new Error(`unknown sabotage ${name}, there are ${Object.keys(SABOTAGES).join(", ")}`);
}

/** The sabotage has done what it is for. */
function noticed(): boolean {
  return sabotage !== undefined && judge.broken(SABOTAGES[sabotage]) > 0;
}

/** Sabotage has to be noticed, by the promise that it breaks. */
function reported(kind: Sabotage): { readonly passed: number; readonly failed: number; readonly good: boolean } {
  const good = noticed();
  console.log(`${good ? "ok   " : "FAIL "} sabotage (${kind}) is reported: not kept is "${PROMISES[SABOTAGES[kind]]}"`);
  return { passed: good ? 1 : 0, failed: good ? 0 : 1, good };
}
