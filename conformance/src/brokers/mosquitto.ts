/** Debian's mosquitto, with configuration files that match our profiles. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Brokers, Launched, ProfileName } from "./broker.ts";
import { freePort, runProcess } from "./process.ts";

const OPEN = "allow_anonymous true\n";

/** What each profile adds; undefined where mosquitto has nothing like it. */
const CONFIGURATIONS: Readonly<Record<ProfileName, ((folder: string) => string) | undefined>> = {
  default: () => `${OPEN}sys_interval 1\nmax_topic_alias 10\n`,
  limited: () =>
    [
      "max_qos 1",
      "retain_available false",
      "max_packet_size 500",
      "max_topic_alias 0",
      "allow_zero_length_clientid false",
      "max_keepalive 10",
      "max_queued_messages 10",
      "max_inflight_messages 5",
      OPEN,
    ].join("\n"),
  secured: (folder) => {
    const [passwords, rules] = [join(folder, "passwords"), join(folder, "rules")];
    execFileSync("mosquitto_passwd", ["-b", "-c", passwords, "user", "secret"]);
    execFileSync("chmod", ["644", passwords]);
    writeFileSync(rules, "user user\ntopic deny forbidden/#\ntopic readwrite #\n");
    return `allow_anonymous false\npassword_file ${passwords}\nacl_file ${rules}\n`;
  },
  overlap: undefined,
  redirecting: undefined,
  fleeting: undefined,
};

/** The mosquitto that is installed. */
export const mosquitto: Brokers = {
  name: "mosquitto",
  ours: false,
  grace: 200,
  async launch(profile: ProfileName): Promise<Launched | undefined> {
    const configure = CONFIGURATIONS[profile];
    if (configure === undefined) return undefined;
    const folder = mkdtempSync(join(tmpdir(), "gmqtt-mosquitto-"));
    execFileSync("chmod", ["755", folder]);
    const [port, webSocketPort] = [await freePort(), await freePort()];
    const file = join(folder, "mosquitto.conf");
    const listeners = `listener ${port} 127.0.0.1\nlistener ${webSocketPort} 127.0.0.1\nprotocol websockets\n`;
    writeFileSync(file, `persistence false\nlog_dest stderr\n${configure(folder)}\n${listeners}`);
    const running = runProcess("/usr/sbin/mosquitto", ["-c", file]);
    await listening(port, running.exitCode, running.log);
    return {
      host: "127.0.0.1",
      port,
      webSocketPort,
      webSocketPath: "/mqtt",
      pid: running.pid,
      log: running.log,
      exitCode: running.exitCode,
      stop: async () => {
        await running.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

/** Waits until the port takes connections. */
async function listening(port: number, exitCode: () => number | null, log: () => string): Promise<void> {
  for (;;) {
    if (exitCode() !== null) throw new Error(`the broker ended at once:\n${log()}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = createConnection(port, "127.0.0.1");
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (open) return;
    await delay(50);
  }
}
