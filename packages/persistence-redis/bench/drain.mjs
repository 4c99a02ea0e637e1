/** 100,000 messages for one offline session: what the broker's memory grows by, and how fast the queue drains. */
import { Client } from "./client.mjs";
import { startBroker, startRedis } from "./setup.mjs";

const MESSAGES = Number(process.argv[2] ?? 100_000);
const redis = await startRedis("--appendonly", "yes");
const broker = await startBroker(redis.port);
const sleeper = new Client(broker.port, "sleeper");
await sleeper.ready;
await sleeper.subscribe("queue");
sleeper.close();
const publisher = new Client(broker.port, "publisher", { clean: true });
await publisher.ready;
// The first burst costs the process buffers that it keeps for the next ones: it goes to another queue, and is not counted.
const other = new Client(broker.port, "other");
await other.ready;
await other.subscribe("warm-up");
other.close();
const cold = await broker.ask("memory");
await publisher.publish("warm-up", 64, MESSAGES, 1000);
const before = await broker.ask("memory");
const begun = performance.now();
await publisher.publish("queue", 64, MESSAGES, 1000);
const queued = performance.now() - begun;
await new Promise((resolve) => setTimeout(resolve, 500));
await broker.ask("memory"); // buffers go with the second collection
await new Promise((resolve) => setTimeout(resolve, 200));
const after = await broker.ask("memory");
const grown = (name) => `${((after[name] - before[name]) / 1e6).toFixed(1)} MB`;
console.log(
  `${after.queued - before.queued} queued at ${Math.round((MESSAGES / queued) * 1000)}/s; heap ${grown("heapUsed")}, external ${grown("external")}, resident ${grown("rss")} (the burst before, ${MESSAGES} for another session: ${((before.rss - cold.rss) / 1e6).toFixed(1)} MB)`,
);
const back = new Client(broker.port, "sleeper");
const start = performance.now();
await new Promise((resolve) => {
  back.onReceived = (received) => received >= MESSAGES && resolve();
});
const took = performance.now() - start;
const { cpu } = await broker.ask("memory");
const used = (cpu.user + cpu.system - after.cpu.user - after.cpu.system) / 1000;
console.log(
  `drained ${back.received} in ${Math.round(took)} ms: ${Math.round((MESSAGES / took) * 1000)} messages/s, broker CPU ${Math.round(used)} ms`,
);
await new Promise((resolve) => setTimeout(resolve, 500));
console.log(
  `left in the queue: ${(await broker.ask("memory")).queued - before.queued}, in Redis ${(await redis.admin.zcard("bench:queue:{sleeper}")) - 1}, override fields ${(await redis.admin.hkeys("bench:session:{sleeper}")).filter((field) => field.startsWith("out:")).length}`,
);
back.close();
publisher.close();
await broker.stop();
redis.stop();
