/** Starts a Redis and brokers for a measurement, and stops them by their ids. */
import { fork, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";

// Whatever ends a measurement, a signal or an output that nobody reads any more, ends what it has started.
const running = new Set();
process.on("exit", () => {
  for (const stop of running) stop();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => process.exit(1));

export async function startRedis(...args) {
  const port = await new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-bench-"));
  const child = spawn("redis-server", ["--port", port, "--bind", "127.0.0.1", "--dir", folder, "--save", "", ...args], {
    stdio: "ignore",
  });
  running.add(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  const admin = new Redis({ port, retryStrategy: () => 50 });
  admin.on("error", () => {});
  await admin.ping();
  const stop = () => {
    admin.disconnect();
    child.kill();
    child.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  };
  return { port, admin, stop };
}

export async function startBroker(store, prefix) {
  const child = fork(new URL("./broker.mjs", import.meta.url), [String(store), prefix ?? "bench:"], {
    execArgv: ["--expose-gc", ...(process.env.PROF ? ["--cpu-prof", "--cpu-prof-dir=/tmp/gmqtt-prof"] : [])],
  });
  running.add(() => child.kill("SIGKILL"));
  const hello = await new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`broker exited with ${code}`)));
  });
  const ask = (what) =>
    new Promise((resolve) => {
      child.once("message", resolve);
      child.send(what);
    });
  const stop = () =>
    new Promise((resolve) => {
      child.once("exit", resolve);
      child.send("stop");
    });
  return { ...hello, ask, stop, kill: () => child.kill("SIGKILL") };
}
