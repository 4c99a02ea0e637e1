/**
 * Holds `npm start` to its word: a second start accepts connections in under three seconds, SIGTERM to npm reaches
 * gmqttd and ends it with exit code 0, and so does Ctrl-C, which a terminal sends to npm and to gmqttd alike.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment, root } from "./lib/run.mjs";

/** The second start, ms. */
const limit = 3_000;
/** A first start may have to install and build, ms. */
const patience = 180_000;

const folder = mkdtempSync(join(tmpdir(), "gmqtt-start-check-"));
const complaints = [];
try {
  const port = await freePort();
  const config = join(folder, "gmqttd.yml");
  writeFileSync(config, `listeners:\n  - address: "127.0.0.1:${port}"\n`);
  await startAndStop(port, config, "SIGTERM");
  const second = await startAndStop(port, config, "SIGINT");
  if (second >= limit) complaints.push(`the second start took ${second} ms, the limit is ${limit} ms`);
  console.log(`second start: ${second} ms`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;

/** Starts, waits until the port answers, stops; how long the start took, ms. */
async function startAndStop(port, config, signal) {
  const began = performance.now();
  // a process group of its own, as a terminal would give it
  const child = spawn("npm", ["start", "--", "-c", config], { cwd: root, env: environment, detached: true });
  const kept = [];
  child.stdout.on("data", (chunk) => kept.push(chunk));
  child.stderr.on("data", (chunk) => kept.push(chunk));
  const ended = new Promise((resolve) => child.on("close", resolve));
  let gone = false;
  void ended.then(() => {
    gone = true;
  });
  while (!gone && !(await answers(port))) {
    if (performance.now() - began > patience) break;
  }
  const took = Math.round(performance.now() - began);
  if (gone || took > patience) complaints.push(`did not start:\n${Buffer.concat(kept)}`);
  if (!gone) process.kill(signal === "SIGINT" ? -child.pid : child.pid, signal);
  const code = await ended;
  if (code !== 0) complaints.push(`ended with exit code ${code} on ${signal}:\n${Buffer.concat(kept)}`);
  return took;
}

/** Whether something accepts connections; a refusal takes a twentieth of a second, so that asking is no load. */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => setTimeout(resolve, 50, false));
  });
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
