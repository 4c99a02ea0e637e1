/** Our own broker, as built in a checkout: the configuration of `npm start` with prometheus, on free ports. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ACCOUNT, type Broker, type RunningBroker, type Setup } from "./broker.ts";
import { BROKER_CORE, LOAD_CORE, PinnedProcess } from "./pinned.ts";
import { accepts, freePort } from "./ports.ts";

const LONG_QUEUE = 1_000_000;

/** gmqttd of the checkout in `root`. `nodeArguments`: for profiles. */
export function gmqttd(root: string, nodeArguments: readonly string[] = []): Broker {
  const app = join(root, "apps/gmqttd");
  const { version } = JSON.parse(readFileSync(join(app, "package.json"), "utf8")) as { readonly version: string };
  return {
    name: "gmqttd",
    version: `gmqttd ${version}, Node.js ${process.versions.node}`,
    hint: "npm run build",
    features: new Set(["mqtt 5", "shared subscriptions", "websocket", "tls", "accounts", "redis", "long queues"]),
    start: (setup) => start(root, nodeArguments, setup),
  };
}

async function start(root: string, nodeArguments: readonly string[], setup: Setup): Promise<RunningBroker> {
  const { features, folder } = setup;
  const app = join(root, "apps/gmqttd");
  const main = join(app, "dist/main.js");
  const redis = features.has("redis") ? await startRedis(folder) : undefined;
  const settings = [
    `listeners=${JSON.stringify(listenersFor(setup))}`,
    "plugins.prometheus.listen_address=127.0.0.1:0",
    ...(features.has("long queues") ? [`mqtt.max_queued_messages=${LONG_QUEUE}`] : []),
    ...(features.has("accounts") ? accessSettings(root, main, folder) : []),
    ...(redis === undefined ? [] : storeSettings(root, redis.port)),
  ];
  const flags = settings.flatMap((setting) => ["--set", setting]);
  const args = [...nodeArguments, main, "start", "-c", join(app, "default_config.yml"), ...flags];
  const broker = new PinnedProcess(BROKER_CORE, folder, process.execPath, args);
  const [, listeners = ""] = await broker.until(() => /broker started.* listeners=\[(.+?)\]/.exec(broker.log));
  const [, metrics = ""] = /metrics are served.* address=(\S+)/.exec(broker.log) ?? [];
  const ports = [...listeners.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => Number(port));
  return {
    pid: broker.pid,
    port: ports[0]!,
    webSocketPort: ports[1]!,
    webSocketPath: "/",
    ...(ports[2] === undefined ? {} : { tlsPort: ports[2] }),
    pause: () => longestPause(`http://${metrics}/metrics`),
    stop: async () => {
      await broker.stop();
      await redis?.process.stop();
    },
  };
}

/** prometheus measures the delays of the event loop, and begins anew with each look. */
async function longestPause(url: string): Promise<number> {
  const text = await (await fetch(url)).text();
  const [, seconds] = /^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(text) ?? [];
  if (seconds === undefined) throw new Error("the metrics tell nothing of the event loop");
  return Number(seconds) * 1000;
}

function listenersFor({ certificate, features }: Setup): object[] {
  const address = "127.0.0.1:0";
  const tls = features.has("tls") && certificate !== undefined ? [{ address, tls: certificate }] : [];
  return [{ address }, { address, websocket: { path: "/" } }, ...tls];
}

/** An account, and rules of which the last one lets it do what the workloads do. */
function accessSettings(root: string, main: string, folder: string): string[] {
  const file = join(folder, "accounts.yml");
  const { password, username } = ACCOUNT;
  execFileSync(process.execPath, [main, "passwd", "add", username, "--file", file], { input: password });
  const rules = [
    { access: "deny", topic: "+/secret/#" },
    { username: "somebody", topic: "#" },
    { username, topic: "bench/#" },
  ];
  const auth = { package: join(root, "packages/auth/dist/index.js"), password_file: file, acl: rules };
  return ["plugin_order=[prometheus, auth]", `plugins.auth=${JSON.stringify(auth)}`];
}

function storeSettings(root: string, port: number): string[] {
  const redis = { package: join(root, "packages/persistence-redis/dist/index.js"), addr: `127.0.0.1:${port}` };
  return ["persistence.type=redis", `persistence.redis=${JSON.stringify(redis)}`];
}

/** A Redis that writes to disk once a second, beside the load. */
async function startRedis(folder: string): Promise<{ readonly port: number; readonly process: PinnedProcess }> {
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes"];
  const redis = new PinnedProcess(LOAD_CORE, folder, "redis-server", args);
  await redis.until(() => accepts(port));
  return { port, process: redis };
}
