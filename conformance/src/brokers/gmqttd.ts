/** gmqttd as built, on free ports, with a configuration file and, where it is asked for, a Redis of its own. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Brokers, Launched, ProfileName } from "./broker.ts";
import { type Running, runProcess } from "./process.ts";
import { startRedis } from "./redis.ts";

const main = fileURLToPath(new URL("../../../apps/gmqttd/dist/main.js", import.meta.url));
const memoryProbe = new URL("./gmqttd-memory-probe.js", import.meta.url).href;
const plugin = fileURLToPath(new URL("./gmqttd-plugin.js", import.meta.url));
const redisPlugin = fileURLToPath(new URL("../../../packages/persistence-redis/dist/index.js", import.meta.url));

/** What each profile adds to the listeners, as YAML. Times are long enough for a machine that is busy with something else. */
const CONFIGURATIONS: Readonly<Record<ProfileName, string>> = {
  default: "sys: {interval: 1s}\nmqtt: {connect_timeout: 10s}",
  limited: [
    "mqtt:",
    "  maximum_qos: 1",
    "  retain_available: false",
    "  wildcard_subscription_available: false",
    "  shared_subscription_available: false",
    "  subscription_identifier_available: false",
    "  max_packet_size: 500",
    "  topic_alias_maximum: 0",
    "  server_receive_maximum: 5",
    "  allow_zero_length_clientid: false",
    "  max_keepalive: 8",
    "  max_queued_messages: 10",
    "  max_inflight: 5",
    "  connect_timeout: 30s",
    '  response_information: "answers/"',
    "  outgoing_topic_aliases: false",
    "limits: {max_clientid_length: 30, max_topic_levels: 8}",
  ].join("\n"),
  secured: `mqtt: {connect_timeout: 30s}\nplugin_order: [conformance]\nplugins: {conformance: {package: "${plugin}"}}`,
  overlap: "mqtt: {delivery_mode: overlap, connect_timeout: 30s}",
  redirecting: 'mqtt: {server_reference: "elsewhere:1883"}',
  // What a fuzzer leaves behind goes away by itself.
  fleeting: "mqtt: {session_expiry: 4s}",
};

/** A broker that does not come round to a signal within this time is stuck, in milliseconds. */
const PROBE_PATIENCE = 60_000;

/** Where gmqttd keeps what must survive it. */
export type StoreName = "memory" | "redis";

/** Our own broker can be had with every profile. */
export interface OwnBrokers extends Brokers {
  launch(profile: ProfileName): Promise<Launched>;
}

/** Our own broker, on this store. */
export function gmqttdOn(store: StoreName): OwnBrokers {
  return {
    name: "gmqttd",
    ours: true,
    // What comes from a durable store waits for it, and a ping does not.
    grace: store === "memory" ? 0 : 200,
    launch: (profile) => (store === "redis" ? launchOnRedis(profile) : launch(profile, "", async () => {})),
  };
}

async function launchOnRedis(profile: ProfileName): Promise<Launched> {
  const redis = await startRedis();
  const section = `persistence: {type: redis, redis: {package: "${redisPlugin}", addr: "127.0.0.1:${redis.port}"}}\n`;
  return launch(profile, section, redis.stop).catch(async (error: unknown) => {
    await redis.stop();
    throw error;
  });
}

async function launch(profile: ProfileName, store: string, stopStore: () => Promise<void>): Promise<Launched> {
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-conformance-"));
  const config = join(folder, "gmqttd.yml");
  const listeners =
    'listeners: [{address: "127.0.0.1:0", name: tcp}, {address: "127.0.0.1:0", name: web, websocket: {path: "/mqtt"}}]';
  writeFileSync(config, `${listeners}\nlog: {level: info, format: json}\n${store}${CONFIGURATIONS[profile]}\n`);
  const running = runProcess(process.execPath, ["--import", memoryProbe, main, "start", "-c", config]);
  const started = await running.until(/"listeners":\["tcp 127\.0\.0\.1:(\d+)","websocket 127\.0\.0\.1:(\d+)"\]/);
  return {
    host: "127.0.0.1",
    port: Number(started[1]),
    webSocketPort: Number(started[2]),
    webSocketPath: "/mqtt",
    pid: running.pid,
    log: running.log,
    exitCode: running.exitCode,
    memoryInUse: memoryOf(running),
    stop: async () => {
      await running.stop();
      await stopStore();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Asks the probe inside of the process, one question after the other: two signals at once would be one. */
function memoryOf(running: Running): () => Promise<number> {
  let questions = 0;
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (): Promise<number> => {
    questions++;
    process.kill(running.pid, "SIGUSR2");
    const answer = running.until(new RegExp(`memory-probe ${questions}: ([\\d.]+) MiB`));
    const silence = new AbortController();
    const tooLong = delay(PROBE_PATIENCE, undefined, { signal: silence.signal });
    const found = await Promise.race([answer, tooLong]).finally(() => silence.abort());
    if (found === undefined) throw new Error(`the broker did not come to its signal handler in ${PROBE_PATIENCE} ms`);
    return Number(found[1]);
  };
  return () => {
    const answer = last.then(ask);
    last = answer.catch(() => {});
    return answer;
  };
}
