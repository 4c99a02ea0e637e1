/** A gmqttd in a process of its own, on a core of its own where taskset is there, watched from outside. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, root } from "../../lib/run.mjs";

/** Where the broker runs; load belongs elsewhere. */
const core = "0";
/** Time for a start, ms. */
const patience = 20_000;

/** Starts one on a free port; `config` are lines of YAML. */
export async function startBroker(config = "") {
  const main = join(root, "apps/gmqttd/dist/main.js");
  if (!existsSync(main)) throw new Error("gmqttd is not built: npm run build");
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-check-"));
  const file = join(folder, "gmqttd.yml");
  writeFileSync(file, `listeners: [{ address: "0.0.0.0:0" }]\nlog: { level: warn, format: json }\n${config}`);
  const pinned = spawnSync("taskset", ["--version"]).status === 0;
  const args = [main, "start", "-c", file, "--set", "log.level=info"];
  const [command, ...rest] = pinned ? ["taskset", "-c", core, process.execPath, ...args] : [process.execPath, ...args];
  const child = spawn(command, rest, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise((resolve) => child.once("close", resolve));
  const port = await listening(child, exited);
  return {
    pid: child.pid,
    port,
    pinned,
    /** Resident memory, bytes. */
    rss: () => residentBytes(child.pid),
    /** CPU time so far, seconds. */
    cpu: () => cpuSeconds(child.pid),
    async stop() {
      child.kill("SIGTERM");
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Lets this process, and what it starts, run beside the broker and not on its core. */
export function moveAway() {
  spawnSync("taskset", ["-pc", "1", String(process.pid)], { stdio: "ignore" });
}

/** Soft limit of open files. */
export function openFilesLimit() {
  const line = readFileSync("/proc/self/limits", "utf8").match(/^Max open files\s+(\d+)/m);
  return Number(line?.[1] ?? 0);
}

/** A connected socket, from another source address where one is given. */
export function dial(port, localAddress) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, ...(localAddress === undefined ? {} : { localAddress }) });
    socket.once("connect", () => resolve(socket.setNoDelay(true)));
    socket.once("error", reject);
  });
}

function listening(child, exited) {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(
      () => reject(new Error(`gmqttd did not listen within ${patience} ms:\n${said}`)),
      patience,
    );
    const hear = (chunk) => {
      said += chunk;
      const match = /0\.0\.0\.0:(\d+)/.exec(said.replaceAll("0.0.0.0:0", ""));
      if (match === null) return;
      clearTimeout(timer);
      resolve(Number(match[1]));
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    exited.then((code) => reject(new Error(`gmqttd ended with ${code}:\n${said}`)));
  });
}

function residentBytes(pid) {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kibibytes) * 1024;
}

function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
