/** `torture [--minutes 2] [--seed N] [--store redis] [--sabotage]`: exit code 1 when a promise was broken. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Chaos } from "./chaos.ts";
import { Judge } from "./checker/judge.ts";
import { createGmqttd } from "./processes/gmqttd.ts";
import { stores } from "./processes/stores.ts";
import { Random } from "./random.ts";
import { World } from "./world.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    seed: { type: "string" },
    store: { type: "string", default: "redis" },
    sabotage: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const { keep, sabotage } = values;
const minutes = Number(values.minutes ?? (sabotage ? 1 : 2));
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
if (!(minutes > 0) || !Number.isInteger(seed)) throw new Error("--minutes and --seed have to be numbers");
const makeStore = stores[values.store];
if (makeStore === undefined)
  throw new Error(`unknown store ${values.store}, there are ${Object.keys(stores).join(", ")}`);
const folder = mkdtempSync(join(tmpdir(), "gmqtt-torture-"));
console.log(`seed ${seed}, ${minutes} minutes, store ${values.store}, files in ${folder}`);

const judge = new Judge();
const onFault = (what: string): void => judge.violation("processes", what);
const store = await makeStore(folder, sabotage, onFault);
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
while (Date.now() < end && !(sabotage && judge.broken("kept") > 0)) await delay(500);
chaos.end();
await ordeals;
await store.process.serving();
await broker.process.serving();
if (!sabotage) await world.finish();
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
const { failed, good, passed } = sabotage ? reported() : promises();
console.log(`${judge.violationCount} violations (seed ${seed})`);
if (good && !keep) rmSync(folder, { recursive: true, force: true });
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(good ? 0 : 1);

function promises(): { readonly passed: number; readonly failed: number; readonly good: boolean } {
  const { failed, lines, passed } = judge.verdict();
  for (const line of lines) console.log(line);
  return { passed, failed, good: failed === 0 };
}

/** Sabotage has to be noticed, by a loss. */
function reported(): { readonly passed: number; readonly failed: number; readonly good: boolean } {
  const good = judge.broken("kept") > 0;
  console.log(`${good ? "ok   " : "FAIL "} a broker that acknowledges before it has committed is reported`);
  return { passed: good ? 1 : 0, failed: good ? 0 : 1, good };
}
