/** How long a start takes that finds 100,000 sessions with 1,000,000 subscriptions. */
import plugin, { RedisPersistence } from "@gmqtt/persistence-redis";
import { startBroker, startRedis } from "./setup.mjs";

const SESSIONS = Number(process.argv[2] ?? 100_000);
const PER_SESSION = 10;
const logger = { debug() {}, info() {}, warn: console.error, error: console.error };
const redis = await startRedis();
const { data: config } = plugin.configSchema.safeParse({ addr: `127.0.0.1:${redis.port}`, key_prefix: "bench:" });
const store = new RedisPersistence({ config, logger, baseDirectory: ".", onFenced() {} });
await store.open();
const now = Date.now();
for (let first = 0; first < SESSIONS; first += 1000) {
  const changes = [];
  for (let index = first; index < first + 1000; index++) {
    const clientId = `client-${index}`;
    const session = {
      clientId,
      username: "user",
      protocolVersion: 5,
      expiryInterval: 86_400,
      createdAt: now,
      disconnectedAt: now,
      will: undefined,
    };
    changes.push({ type: "session-put", session });
    for (let number = 0; number < PER_SESSION; number++) {
      const filter = `building/${index % 1000}/floor/${index}/sensor/${number}`;
      const subscription = {
        filter,
        qos: 1,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
        subscriptionIdentifier: 0,
      };
      changes.push({ type: "subscription-put", clientId, subscription });
    }
  }
  await store.commit(changes);
}
await store.close();
const redisSeconds = async () => {
  const info = await redis.admin.info("cpu");
  return [...info.matchAll(/used_cpu_(?:sys|user):([\d.]+)/g)].reduce((sum, [, seconds]) => sum + Number(seconds), 0);
};
const before = await redisSeconds();
const begun = performance.now();
const broker = await startBroker(redis.port);
const memory = await broker.ask("memory");
console.log(
  `${broker.sessions} sessions with ${broker.sessions * PER_SESSION} subscriptions: start took ${(broker.startup / 1000).toFixed(1)} s, ` +
    `with the process ${((performance.now() - begun) / 1000).toFixed(1)} s; broker CPU ${((memory.cpu.user + memory.cpu.system) / 1e6).toFixed(1)} s, Redis CPU ${((await redisSeconds()) - before).toFixed(1)} s, heap ${(memory.heapUsed / 1e6).toFixed(0)} MB; ` +
    `Redis holds ${/used_memory_human:(\S+)/.exec(await redis.admin.info("memory"))[1]}`,
);
await broker.stop();
redis.stop();
