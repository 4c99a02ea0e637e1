/** Starts the brokers under mqload: each on a free port of its own, pinned to core 0. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

export const brokers = { gmqttd: startGmqttd, mosquitto: startMosquitto };

/** gmqttd as built in `checkout`, with the configuration of `npm start`, whose plugin is prometheus; only the ports are free ones. */
async function startGmqttd({ checkout, nodeArguments, settings = [] }) {
  const app = join(checkout, "apps/gmqttd");
  const set = [
    'listeners=[{address: "127.0.0.1:0"}]',
    "plugins.prometheus.listen_address=127.0.0.1:0",
    ...settings,
  ].flatMap((setting) => ["--set", setting]);
  const args = [...nodeArguments, join(app, "dist/main.js"), "start", "-c", join(app, "default_config.yml"), ...set];
  const broker = pinned(process.execPath, args);
  const [, port] = await broker.until(() => /listeners=\["tcp 127\.0\.0\.1:(\d+)"\]/.exec(broker.log()));
  return { ...broker, port: Number(port) };
}

/** Debian's mosquitto in memory, without a log, everything else as it comes. */
async function startMosquitto({ settings = [] }) {
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-bench-"));
  const port = await freePort();
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "persistence false",
    "log_type none",
    ...settings,
  ];
  const file = join(folder, "mosquitto.conf");
  writeFileSync(file, `${lines.join("\n")}\n`);
  const broker = pinned("/usr/sbin/mosquitto", ["-c", file]);
  await broker.until(() => accepts(port));
  const stop = () => broker.stop().finally(() => rmSync(folder, { recursive: true, force: true }));
  return { ...broker, stop, port };
}

/** A process on core 0. It logs to a file: a pipe that nobody reads for a while would hold it up. */
function pinned(command, args) {
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-bench-"));
  const file = join(folder, "log");
  const output = openSync(file, "a");
  const child = spawn("taskset", ["-c", "0", command, ...args], { stdio: ["ignore", output, output] });
  closeSync(output);
  const killAtExit = () => void child.kill("SIGKILL");
  process.on("exit", killAtExit);
  const exited = once(child, "exit").then(() => process.off("exit", killAtExit));
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  /** Waits for what `look` finds. */
  const until = async (look) => {
    for (;;) {
      const found = await look();
      if (found) return found;
      if (ended()) throw new Error(`${command} ended before it was ready:\n${readFileSync(file, "utf8")}`);
      await delay(20);
    }
  };
  return {
    pid: child.pid,
    until,
    log: () => readFileSync(file, "utf8"),
    stop: async () => {
      if (!ended()) child.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true) || socket.destroy());
    socket.once("error", () => resolve(false));
  });
}
