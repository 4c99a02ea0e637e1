/** A broker in a process of its own: `broker.mjs memory` or `broker.mjs <port of a Redis>`; says where it listens, and how it fares. */
import { createBroker, resolveConfig } from "@gmqtt/broker";
import plugin from "@gmqtt/persistence-redis";

const [store, prefix = "bench:"] = process.argv.slice(2);
const logger = { debug() {}, info() {}, warn: console.error, error: console.error };
const config = resolveConfig({
  listeners: [{ address: "127.0.0.1:0" }],
  mqtt: { sessionExpiry: 86_400_000, maxQueuedMessages: 2_000_000, maxInflight: 60_000, serverReceiveMaximum: 60_000 },
  limits: {
    maxQueuedBytes: 1e12,
    connectRate: 1e8,
    connectRatePerAddress: 1e8,
    maxConnectionsPerAddress: 1e8,
    maxPendingCommits: 100_000,
  },
  sys: { interval: 0 },
  persistence: { type: store === "memory" ? "memory" : "redis" },
});
const section = plugin.configSchema.safeParse({ addr: `127.0.0.1:${store}`, key_prefix: prefix });
const plugins = store === "memory" ? [] : [plugin.create(section.data, { config, baseDirectory: ".", logger })];
const broker = createBroker({ config, plugins, logger });
const begun = performance.now();
await broker.start();
const port = broker.listeners[0].address.split(":").at(-1);
process.send({ port: Number(port), startup: performance.now() - begun, sessions: broker.readiness.restoredSessions });
process.on("message", (message) => {
  if (message === "memory") {
    globalThis.gc?.();
    process.send({ ...process.memoryUsage(), cpu: process.cpuUsage(), queued: broker.statsManager.population.queued });
  } else broker.stop().then(() => process.exit(0));
});
