/** Child processes: brokers that run until they are stopped. */

import { type ChildProcess, spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";

/** A process and what it writes. */
export interface Running {
  readonly pid: number;
  readonly log: () => string;
  readonly exitCode: () => number | null;
  /** Waits for text in its output; rejects when it ends before. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  stop(): Promise<void>;
}

const LIMIT = 4 * 1024 * 1024;

/** Those that run: they end with this process. */
const children = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Starts a process; of its output the last megabytes are kept. */
export function runProcess(command: string, args: readonly string[], cwd?: string): Running {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("GMQTT_")));
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env, ...(cwd === undefined ? {} : { cwd }) });
  let output = "";
  let code: number | null = null;
  const watchers = new Set<() => void>();
  const collect = (text: string): void => {
    output = (output + text).slice(-LIMIT);
    for (const watch of [...watchers]) watch();
  };
  child.stdout.setEncoding("utf8").on("data", collect);
  child.stderr.setEncoding("utf8").on("data", collect);
  const ended = new Promise<void>((resolve) => {
    const finish = (status: number | null): void => {
      code = status ?? -1;
      for (const watch of [...watchers]) watch();
      resolve();
    };
    child.on("close", finish);
    child.on("error", (error) => {
      output += String(error);
      finish(-1);
    });
  });
  children.add(child);
  void ended.then(() => children.delete(child));
  return {
    pid: child.pid ?? 0,
    log: () => output,
    exitCode: () => code,
    until: (pattern) =>
      new Promise((resolve, reject) => {
        const watch = (): void => {
          const found = pattern.exec(output);
          if (found === null && code === null) return;
          watchers.delete(watch);
          if (found !== null) resolve(found);
          else reject(new Error(`${command} ended (${code}) before it wrote ${pattern}:\n${output}`));
        };
        watchers.add(watch);
        watch();
      }),
    stop: async () => {
      if (code !== null) return;
      child.kill("SIGTERM");
      const hard = setTimeout(() => child.kill("SIGKILL"), 10_000);
      await ended;
      clearTimeout(hard);
    },
  };
}

/** A port that was free a moment ago, for brokers that can't choose one themselves. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
