/**
 * What operators and authors of plugins do with a release, in empty folders outside the workspace: install gmqttd and one plugin
 * and have its metrics, be told how to install another, follow docs/plugins.md word by word, write plugins of other kinds.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureDebianPackages } from "./lib/debian.mjs";
import { packAll } from "./lib/pack.mjs";
import { pageSession } from "./lib/page-session.mjs";
import { serveRegistry } from "./lib/registry.mjs";
import { environment, root } from "./lib/run.mjs";

/** Anything that takes longer than this, ms, hangs. */
const patience = 300_000;
const mark = "-- end of a part --";
const sums = { passed: 0, failed: 0 };

const home = realpathSync(mkdtempSync(join(tmpdir(), "gmqtt-plugin-check-")));
await ensureDebianPackages();
const packed = packAll(folder("packed"));
const registry = await serveRegistry(packed);
const env = npmEnvironment();
try {
  await attempt("an operator installs gmqttd and one plugin", operator);
  await attempt("docs/plugins.md, word by word", author);
  await attempt("other kinds of plugins", variants);
} finally {
  registry.close();
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}
console.log(`${sums.passed} passed, ${sums.failed} failed, 0 skipped`);
process.exitCode = sums.failed > 0 || sums.passed === 0 ? 1 : 0;

/** gmqttd, @gmqtt/broker and only @gmqtt/prometheus. */
async function operator() {
  const cwd = folder("operator");
  const [mqtt, metrics] = [await freePort(), await freePort()];
  const lines = [`listeners: [{ address: "127.0.0.1:${mqtt}" }]`, "plugin_order: [prometheus]"];
  lines.push(`plugins: { prometheus: { listen_address: "127.0.0.1:${metrics}" } }`, "");
  writeFileSync(join(cwd, "gmqttd.yml"), lines.join("\n"));
  await shell(`npm install ${registry.tarballOf("gmqttd")} @gmqtt/broker @gmqtt/prometheus`, cwd);
  const listed = spawnSync("npm", ["ls", "--all", "--parseable"], { cwd, env, encoding: "utf8" }).stdout;
  check("nothing of the other plugins is installed", !/grpc|argon2|ioredis/.test(listed), listed);

  const broker = spawn("node_modules/.bin/gmqttd", ["start", "-c", "gmqttd.yml"], { cwd, env });
  const said = [];
  for (const stream of [broker.stdout, broker.stderr]) stream.on("data", (chunk) => said.push(chunk));
  const ended = new Promise((resolve) => broker.on("close", resolve));
  const text = await scrape(`http://127.0.0.1:${metrics}/metrics`, ended).catch((error) => error.message);
  check("/metrics answers", /^gmqtt_\w+(\{.*\})? \d/m.test(text), `${text}\n${Buffer.concat(said)}`);
  broker.kill("SIGTERM");
  check("gmqttd stops with exit code 0", (await ended) === 0, Buffer.concat(said));

  const args = ["start", "-c", "gmqttd.yml", "--plugin-order", "auth"];
  const { status, stderr } = spawnSync("node_modules/.bin/gmqttd", args, { cwd, env, encoding: "utf8" });
  check("plugin_order: [auth] fails with exit code 2", status === 2, `exit code ${status}`);
  check("and with the command that installs it", stderr.includes("npm install @gmqtt/auth"), stderr);
}

/** The page's commands in one shell, its files where it shows them. */
async function author() {
  const cwd = folder("author");
  const port = String(await freePort());
  const { script, expected } = pageSession(join(root, "docs/plugins.md"), {
    mark,
    // gmqttd is in no scope, so npm would look for it where it is not yet.
    change: (text) =>
      text.replaceAll("1883", port).replace(/^(npm install .*)\bgmqttd\b/gm, `$1${registry.tarballOf("gmqttd")}`),
    ready: `until (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null; do kill -0 $!; sleep 0.1; done`,
  });
  const output = await shell(script, cwd);
  const parts = output.split(`${mark}\n`).slice(1);
  check("every command of the page was run", parts.length === expected.length + 1, `${parts.length} parts`);
  for (const [index, lines] of expected.entries()) {
    for (const line of lines) check(`the page promises: ${line}`, parts[index]?.includes(line), parts[index]);
  }
}

/** With what the page's plugin has installed. */
async function variants() {
  const modules = join(home, "author/gmqtt-plugin-read-only/node_modules");
  for (const [name, flags] of [
    ["bare", "--hooks none --no-config"],
    ["full", "--hooks all --config"],
  ]) {
    const cwd = folder(`variants-${name}`);
    await shell(`npm create @gmqtt/plugin@latest -- ${name} ${flags} --output .`, cwd);
    symlinkSync(modules, join(cwd, "node_modules"));
    for (const command of ["npm run lint", "npm test", "npm run build"]) {
      const complaint = await shell(command, cwd).then(
        () => undefined,
        (error) => error.message,
      );
      check(`${flags}: ${command}`, complaint === undefined, complaint);
    }
    await shell("node_modules/.bin/gmqttd check-config -c gmqttd.yml", cwd);
  }
}

/** Our scope comes from the registry of this check; the cache is shared, what npx has put together is not. */
function npmEnvironment() {
  const cache = folder("cache");
  const { stdout } = spawnSync("npm", ["config", "get", "cache"], { encoding: "utf8", env: environment });
  mkdirSync(join(stdout.trim(), "_cacache"), { recursive: true });
  symlinkSync(join(stdout.trim(), "_cacache"), join(cache, "_cacache"));
  return {
    ...Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(GMQTT_|npm_)/i.test(name))),
    "npm_config_@gmqtt:registry": registry.address,
    npm_config_cache: cache,
    npm_config_prefer_offline: "true",
    npm_config_audit: "false",
    npm_config_fund: "false",
    npm_config_yes: "true",
  };
}

/** Runs a script; what it said. Bash, since others drop variables with a colon in their names. */
function shell(script, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn("bash", ["-c", script], { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
    const kept = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => kept.push(chunk));
    const timer = setTimeout(endGroup, patience, child.pid);
    child.on("exit", (code) => {
      clearTimeout(timer);
      // what the script left running in the background
      endGroup(child.pid);
      child.on("close", () => {
        const said = Buffer.concat(kept).toString();
        if (code === 0) resolve(said);
        else reject(new Error(`exit code ${code}\n${said}`));
      });
    });
  });
}

/** The shell is the leader of a process group of its own. */
function endGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

async function scrape(url, ended) {
  let gone = false;
  void ended.then(() => {
    gone = true;
  });
  for (const began = Date.now(); !gone && Date.now() - began < patience; ) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return response.text();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("no answer");
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function folder(name) {
  const path = join(home, name);
  mkdirSync(path, { recursive: true });
  return path;
}

async function attempt(what, run) {
  const began = Date.now();
  try {
    await run();
    check(`${what} (${Math.round((Date.now() - began) / 1000)} s)`, true);
  } catch (error) {
    check(what, false, error.message);
  }
}

function check(what, holds, otherwise) {
  if (holds) sums.passed++;
  else sums.failed++;
  console.log(holds ? `ok   ${what}` : `FAIL ${what}: ${otherwise}`);
}
