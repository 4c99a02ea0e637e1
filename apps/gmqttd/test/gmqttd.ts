/** Runs the real gmqttd, as built, and reads what it writes. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const main = join(root, "apps/gmqttd/dist/main.js");

/** Plugins that gmqtt's shipped configuration names; in the workspace gmqttd finds them among its own dependencies. */
const plugins = ["packages/prometheus", "packages/admin-grpc", "packages/auth", "packages/persistence-redis"];

/** Builds gmqttd, what it stands on and what its configuration runs, unless that is done. For `beforeAll`. */
export async function build(): Promise<void> {
  const projects = ["packages/packets", "packages/broker", ...plugins, "apps/gmqttd"].map((path) => join(root, path));
  if (projects.every(isBuilt)) return;
  const built = run("node", [join(root, "node_modules/typescript/bin/tsc"), "-b", ...projects], {});
  const { code, output } = await built.ended;
  if (code !== 0) throw new Error(`the build failed:\n${output}`);
}

function isBuilt(project: string): boolean {
  const stamp = join(project, "dist/.tsbuildinfo");
  if (!existsSync(stamp)) return false;
  const sources = readdirSync(join(project, "src"), { recursive: true, encoding: "utf8" });
  const newest = sources
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => statSync(join(project, "src", name)).mtimeMs);
  return Math.max(...newest) <= statSync(stamp).mtimeMs;
}

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, in the order of their arrival. */
  readonly output: string;
}

/** A process that runs. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** All it has written so far. */
  readonly output: () => string;
  /** Waits until it has written what matches; rejects when it ends without. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  kill(signal: NodeJS.Signals): void;
  /** Closes the reading end of its standard output. */
  closeOutput(): void;
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Starts `gmqttd` with these arguments; what still runs when the test ends is killed. */
export function gmqttd(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  const running = run(process.execPath, [main, ...args], environment);
  cleanups.push(() => {
    running.kill("SIGKILL");
    return running.ended;
  });
  return running;
}

function run(command: string, args: readonly string[], environment: Readonly<Record<string, string>>): Running {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("GMQTT_"));
  const child = spawn(command, args, { env: { ...Object.fromEntries(inherited), ...environment } });
  const written = { stdout: "", stderr: "", output: "" };
  const watchers = new Set<() => void>();
  const collect = (name: "stdout" | "stderr", text: string): void => {
    written[name] += text;
    written.output += text;
    for (const watch of watchers) watch();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => collect("stdout", text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => collect("stderr", text));
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, ...written })));
  return {
    pid: child.pid ?? 0,
    ended,
    output: () => written.output,
    until: (pattern) => waitFor(pattern, written, watchers, ended),
    kill: (signal) => kill(child, signal),
    closeOutput: () => child.stdout.destroy(),
  };
}

function waitFor(
  pattern: RegExp,
  written: { readonly output: string },
  watchers: Set<() => void>,
  ended: Promise<Ended>,
): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const watch = (): void => {
      const found = pattern.exec(written.output);
      if (found === null) return;
      watchers.delete(watch);
      resolve(found);
    };
    watchers.add(watch);
    watch();
    void ended.then(({ code, output }) => reject(new Error(`no ${pattern} before the end (${code}):\n${output}`)));
  });
}

function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.exitCode === null && child.signalCode === null) child.kill(signal);
}

/** A folder for one test, with files by name; removed when the test ends. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "gmqttd-"));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** Files of a package in the folder's node_modules. */
export function packageFiles(name: string, source: string, manifest: object = {}): Record<string, string> {
  const base = { name, version: "1.0.0", type: "module", exports: { ".": { import: "./index.js" } } };
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify({ ...base, ...manifest }),
    [`node_modules/${name}/index.js`]: source,
  };
}
