/** 50 publishers to 50 persistent subscribers, QoS 1, 64 bytes, window 20: memory beside Redis, and Redis commands per message. */
import { Client } from "./client.mjs";
import { startBroker, startRedis } from "./setup.mjs";

const PAIRS = 50;
const SECONDS = Number(process.argv[2] ?? 10);
const appendfsync = process.argv[3] ?? "everysec";

async function run(store, admin) {
  const broker = await startBroker(store);
  const subscribers = Array.from({ length: PAIRS }, (_, index) => new Client(broker.port, `sub-${index}`));
  const publishers = Array.from(
    { length: PAIRS },
    (_, index) => new Client(broker.port, `pub-${index}`, { clean: true }),
  );
  await Promise.all([...subscribers, ...publishers].map(({ ready }) => ready));
  await Promise.all(subscribers.map((client, index) => client.subscribe(`topic/${index}`)));
  publishers.forEach((client, index) => void client.publish(`topic/${index}`, 64, Number.POSITIVE_INFINITY, 20));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const total = () => subscribers.reduce((sum, { received }) => sum + received, 0);
  const calls = async () => {
    const info = (await admin?.info("commandstats")) ?? "";
    const count = (name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(info)?.[1] ?? 0);
    const all = [...info.matchAll(/cmdstat_[^:]+:calls=(\d+)/g)].reduce((sum, [, number]) => sum + Number(number), 0);
    return { sent: count("eval"), all };
  };
  const before = { messages: total(), calls: await calls(), cpu: (await broker.ask("memory")).cpu };
  const begun = performance.now();
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  const messages = total() - before.messages;
  const seconds = (performance.now() - begun) / 1000;
  const after = await calls();
  const { cpu } = await broker.ask("memory");
  const used = (cpu.user + cpu.system - before.cpu.user - before.cpu.system) / 1e6;
  console.log(
    `${store === "memory" ? "memory" : "redis "}: ${Math.round(messages / seconds)} messages/s, broker CPU ${Math.round((100 * used) / seconds)} %` +
      (admin
        ? `, commands sent per message ${((after.sent - before.calls.sent) / messages).toFixed(4)}, with those inside scripts ${((after.all - before.calls.all) / messages).toFixed(3)}`
        : ""),
  );
  for (const client of [...subscribers, ...publishers]) client.close();
  await broker.stop();
  return messages / seconds;
}

const redis = await startRedis("--appendonly", "yes", "--appendfsync", appendfsync);
const memory = await run("memory");
const durable = await run(redis.port, redis.admin);
console.log(`redis is ${((100 * durable) / memory).toFixed(1)} % of memory (appendfsync ${appendfsync})`);
redis.stop();
