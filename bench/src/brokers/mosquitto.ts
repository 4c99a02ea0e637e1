/** Debian's mosquitto: in memory, everything else as it comes, a line in the log for each client that connects as well; ours does so too. */

import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ACCOUNT, type Broker, type RunningBroker, type Setup } from "./broker.ts";
import { BROKER_CORE, PinnedProcess } from "./pinned.ts";
import { accepts, freePort } from "./ports.ts";

const PROGRAM = "/usr/sbin/mosquitto";
/** 0, no limit, makes mosquitto 2.0.11 stall at QoS 2. */
const LONG_QUEUE = 1_000_000;

export const mosquitto: Broker = {
  name: "mosquitto",
  version: versionOf(),
  hint: "apt-get install -y --no-install-recommends mosquitto",
  features: new Set(["mqtt 5", "shared subscriptions", "websocket", "tls", "accounts", "long queues"]),
  start,
};

function versionOf(): string | undefined {
  const found = /version (\S+)/.exec(spawnSync(PROGRAM, ["-h"], { encoding: "utf8" }).stdout ?? "");
  return found === null ? undefined : `mosquitto ${found[1]}`;
}

async function start({ certificate, features, folder }: Setup): Promise<RunningBroker> {
  // It reads its files as a user of its own.
  chmodSync(folder, 0o755);
  const [port, webSocketPort] = [await freePort(), await freePort()];
  const tlsPort = features.has("tls") && certificate !== undefined ? await freePort() : undefined;
  const lines = [
    "persistence false",
    ...(features.has("long queues") ? [`max_queued_messages ${LONG_QUEUE}`] : []),
    ...(features.has("accounts") ? accessLines(folder) : ["allow_anonymous true"]),
    `listener ${port} 127.0.0.1`,
    `listener ${webSocketPort} 127.0.0.1`,
    "protocol websockets",
    ...(tlsPort === undefined ? [] : [`listener ${tlsPort} 127.0.0.1`]),
    ...(tlsPort === undefined ? [] : [`certfile ${certificate?.cert}`, `keyfile ${certificate?.key}`]),
  ];
  const file = join(folder, "mosquitto.conf");
  writeFileSync(file, `${lines.join("\n")}\n`);
  const broker = new PinnedProcess(BROKER_CORE, folder, PROGRAM, ["-c", file]);
  await broker.until(() => accepts(tlsPort ?? webSocketPort));
  return {
    pid: broker.pid,
    port,
    webSocketPort,
    webSocketPath: "/mqtt",
    ...(tlsPort === undefined ? {} : { tlsPort }),
    stop: () => broker.stop(),
  };
}

/** The same account and rules as ours. */
function accessLines(folder: string): string[] {
  const [passwords, rules] = [join(folder, "passwords"), join(folder, "rules")];
  const { password, username } = ACCOUNT;
  execFileSync("mosquitto_passwd", ["-b", "-c", passwords, username, password]);
  chmodSync(passwords, 0o644);
  writeFileSync(
    rules,
    `user somebody\ntopic readwrite #\nuser ${username}\ntopic deny +/secret/#\ntopic readwrite bench/#\n`,
  );
  return ["allow_anonymous false", `password_file ${passwords}`, `acl_file ${rules}`];
}
