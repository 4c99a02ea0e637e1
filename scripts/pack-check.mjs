/**
 * What a user does with a release: packs every public package, installs the tarballs in an empty project outside the
 * workspace, imports each, runs the first example of each README and each command, on Node 20, 22 and 24.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packAll } from "./lib/pack.mjs";
import { firstExample } from "./lib/readme-example.mjs";
import { environment } from "./lib/run.mjs";
import { publicPackages, readManifest } from "./lib/workspace.mjs";

const versions = ["20", "22", "24"];
/** An example that still runs after this time and said something is a server that works, ms. */
const serverPatience = 15_000;

/** The Redis of READMEs; examples of packages that need one get one of their own. */
const redisAddress = "127.0.0.1:6379";

const sums = { passed: 0, failed: 0 };
const project = mkdtempSync(join(tmpdir(), "gmqtt-pack-check-"));
const redis = await startRedis();
try {
  const packed = packAll(project);
  install(packed.map(({ tarball }) => tarball));
  for (const version of versions) {
    const node = nodeOf(version);
    for (const { manifest } of publicPackages()) {
      for (const [what, args] of programsOf(manifest)) {
        report(`node ${version}: ${manifest.name}: ${what}`, await tryProgram(node, args));
      }
    }
  }
} catch (error) {
  report("pack check", error.message);
} finally {
  redis.stop();
  rmSync(project, { recursive: true, force: true });
}
console.log(`${sums.passed} passed, ${sums.failed} failed, 0 skipped`);
process.exitCode = sums.failed > 0 || sums.passed === 0 ? 1 : 0;

/** An empty project, and in it what npm makes of the tarballs and of the peers they ask for. */
function install(tarballs) {
  const { devDependencies } = readManifest(".");
  const peers = new Set(publicPackages().flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {})));
  const specs = [...peers].map((name) => `${name}@${devDependencies[name] ?? "latest"}`);
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "outside", private: true, type: "module" }));
  const args = ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", ...tarballs, ...specs];
  execFileSync("npm", args, { cwd: project, env: environment, stdio: ["ignore", "ignore", "inherit"] });
}

/** The path of a Node of this major version: our own, or the one that npm packages carry. */
function nodeOf(version) {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath;
  const args = ["-y", "-p", `node@${version}`, "--prefer-offline", "-c", "node -p process.execPath"];
  const path = execFileSync("npx", args, {
    cwd: project,
    encoding: "utf8",
    env: environment,
    stdio: ["ignore", "pipe", "ignore"],
  });
  return path.trim();
}

/** What is run of a package: name and arguments to node. */
function programsOf(manifest) {
  const home = join(project, "node_modules", manifest.name);
  const programs = Object.entries(manifest.bin ?? {}).flatMap(([command, path]) => [
    [`${command} --version`, [join(home, path), "--version"]],
    [`${command} --help`, [join(home, path), "--help"]],
    ...configsOf(home).map((file) => [`${command} check-config`, [join(home, path), "check-config", "-c", file]]),
  ]);
  if (manifest.exports?.["."] === undefined) return programs;
  const wants = `const all = await import(${JSON.stringify(manifest.name)});
    if (Object.keys(all).length === 0) throw new Error("exports nothing");
    console.log(Object.keys(all).length);`;
  programs.push(["import", ["--input-type=module", "-e", wants]]);
  const example = firstExample(join(home, "README.md")) ?? `throw new Error("README.md has no js example");`;
  const isTest = example.includes('from "vitest"');
  const file = `readme-${manifest.name.replace(/\W+/g, "-")}.${isTest ? "test.ts" : "mjs"}`;
  writeFileSync(join(project, file), example.replaceAll(redisAddress, redis.address));
  const runner = isTest ? [join(project, "node_modules/vitest/vitest.mjs"), "run"] : [];
  programs.push(["first example", [...runner, file]]);
  return programs;
}

/** A redis-server on a free port, gone with this check. */
async function startRedis() {
  const port = await new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const { port: free } = probe.address();
      probe.close(() => resolve(free));
    });
  });
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", project];
  const server = spawn("redis-server", args, { stdio: "ignore" });
  server.on("error", (error) => report("redis-server", error.message));
  return { address: `127.0.0.1:${port}`, stop: () => server.kill("SIGKILL") };
}

/** The configuration that a package brings, if it does. */
function configsOf(home) {
  return [join(home, "default_config.yml")].filter((file) => existsSync(file));
}

/** What went wrong, or nothing. */
function tryProgram(node, args) {
  return new Promise((resolve) => {
    const child = spawn(node, args, { cwd: project, env: environment, stdio: ["ignore", "pipe", "pipe"] });
    const kept = [];
    let serving = false;
    child.stdout.on("data", (chunk) => kept.push(chunk));
    child.stderr.on("data", (chunk) => kept.push(chunk));
    const timer = setTimeout(() => {
      serving = kept.length > 0;
      child.kill("SIGKILL");
    }, serverPatience);
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      const said = Buffer.concat(kept).toString().trim();
      if (code === 0 && said === "") resolve("said nothing");
      else if (code === 0 || serving) resolve(undefined);
      else resolve(`${signal ?? `exit code ${code}`}\n${said}`);
    });
  });
}

function report(what, trouble) {
  if (trouble === undefined) sums.passed++;
  else sums.failed++;
  console.log(trouble === undefined ? `ok   ${what}` : `FAIL ${what}: ${trouble}`);
}
