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
    minutes: { type: "string", default: "2" },
    seed: { type: "string" },
    store: { type: "string", default: "redis" },
    sabotage: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
const makeStore = stores[values.store];
if (makeStore === undefined)
  throw new Error(`unknown store ${values.store}, there are ${Object.keys(stores).join(", ")}`);
const folder = mkdtempSync(join(tmpdir(), "gmqtt-torture-"));
console.log(`seed ${seed}, ${values.minutes} minutes, store ${values.store}, files in ${folder}`);

const judge = new Judge();
const store = await makeStore(folder, values.sabotage);
store.process.start();
await store.process.serving();
const broker = await createGmqttd(folder, store.section);
broker.process.start();
await broker.process.serving();
const world = new World(broker.port, judge, seed);
await world.start();
await delay(1000);

const chaos = new Chaos({ broker, store, clients: world.clients }, new Random(seed), world.disturbances);
const ordeals = chaos.run();
const end = Date.now() + Number(values.minutes) * 60_000;
while (Date.now() < end && !(values.sabotage && judge.violationCount > 0)) await delay(500);
chaos.end();
await ordeals;
await store.process.serving();
await broker.process.serving();
if (!values.sabotage) await world.finish();
await broker.process.end();
await store.process.end();
store.wire.close();

for (const [name, count] of chaos.counts) console.log(`${String(count).padStart(6)} ${name}`);
console.log(
  `${judge.sent} messages sent, ${judge.acknowledged} acknowledged, ${judge.delivered} delivered, ` +
    `${judge.repeated} QoS 1 messages came again, ${judge.resumes} sessions resumed, ${judge.refusals} connects refused, ` +
    `${judge.wills} wills due, ${world.readings} readings of the retained messages, ` +
    `${broker.process.starts} starts of the broker, ${broker.process.unexpectedExits} of them after it had ended by itself`,
);
console.log(`${judge.violationCount} violations (seed ${seed})`);
if (judge.violationCount === 0 && !values.keep) rmSync(folder, { recursive: true, force: true });
process.exit(judge.violationCount === 0 ? 0 : 1);
