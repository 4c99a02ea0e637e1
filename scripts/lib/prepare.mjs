/**
 * Brings a clone to where it can run: dependencies installed with the pinned pnpm, packages built. Both leave a stamp
 * with a fingerprint of what they saw in node_modules, so that the second time costs milliseconds.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { environment, root, run } from "./run.mjs";
import { readManifest, workspacePackages } from "./workspace.mjs";

const stamps = join(root, "node_modules/.cache/gmqtt");

/** Installs what the lockfile says, unless that is what is installed. Rejects when that fails. */
export async function ensureInstalled() {
  const manifests = ["package.json", ...workspacePackages().map(({ folder }) => `${folder}/package.json`)];
  const seen = contentsOf(["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]);
  if (existsSync(join(root, "node_modules/.modules.yaml")) && stampIs("installed", seen)) return;
  console.error("installing dependencies");
  // Its warnings are about what is not built yet, and nothing that somebody who starts a broker can do something about.
  const args = ["install", "--frozen-lockfile", "--prefer-offline", "--loglevel=error"];
  await mustSucceed("the installation", runPnpm(args));
  writeStamp("installed", seen);
}

/** Builds every package, unless sources, settings and what was built are as they were. Rejects when that fails. */
export async function ensureBuilt() {
  const built = workspacePackages().filter(({ manifest }) => manifest.scripts?.build !== undefined);
  const settings = ["pnpm-lock.yaml", "tsconfig.base.json", "turbo.json"];
  const seen = () => timesOf([...settings, ...built.flatMap(({ folder }) => sourcesOf(folder))]);
  const complete = built.every(({ folder }) => existsSync(join(root, folder, "dist")));
  if (complete && stampIs("built", seen())) return;
  console.error("building");
  const before = seen();
  await mustSucceed("the build", runPnpm(["exec", "turbo", "run", "build", "--output-logs=errors-only"]));
  writeStamp("built", before);
}

/** Runs the pnpm that package.json pins; npx has it on a bare machine too. */
function runPnpm(args, options = {}) {
  const { packageManager } = readManifest(".");
  return run("npx", ["-y", packageManager, ...args], { ...options, env: environment });
}

async function mustSucceed(what, running) {
  const code = await running;
  if (code !== 0) throw new Error(`${what} failed with exit code ${code}`);
}

function sourcesOf(folder) {
  const settings = ["package.json", "tsconfig.json"].map((name) => `${folder}/${name}`);
  const src = join(root, folder, "src");
  if (!existsSync(src)) return settings;
  const files = readdirSync(src, { recursive: true }).map((name) => `${folder}/src/${name}`);
  return settings.concat(files.filter((name) => !name.endsWith(".test.ts")).sort());
}

function contentsOf(files) {
  const hash = createHash("sha256").update(process.version);
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

function timesOf(files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const stat = statSync(join(root, file), { throwIfNoEntry: false });
    if (stat?.isFile()) hash.update(`${file}\0${stat.size}\0${stat.mtimeMs}\0`);
  }
  return hash.digest("hex");
}

function stampIs(name, fingerprint) {
  const file = join(stamps, name);
  return existsSync(file) && readFileSync(file, "utf8") === fingerprint;
}

function writeStamp(name, fingerprint) {
  mkdirSync(dirname(join(stamps, name)), { recursive: true });
  writeFileSync(join(stamps, name), fingerprint);
}
