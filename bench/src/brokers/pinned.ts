/** Processes on a core of their own. They log to files: a pipe that nobody reads for a while would hold them up. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** The core of brokers, and that of what loads them. */
export const BROKER_CORE = 0;
export const LOAD_CORE = 1;

/** Whether processes can be pinned: taskset is there, and more than one core. */
export const canPin: boolean =
  availableParallelism() > 1 && spawnSync("taskset", ["-c", "0", "true"], { stdio: "ignore" }).status === 0;

/** A command line that runs on one core, where that can be had. */
export function onCore(core: number, command: string, args: readonly string[]): [string, string[]] {
  return canPin ? ["taskset", ["-c", String(core), command, ...args]] : [command, [...args]];
}

export class PinnedProcess {
  readonly #child: ChildProcess;
  readonly #command: string;
  readonly #logFile: string;
  readonly #exited: Promise<unknown>;

  /** Starts it; its output goes to `log-CORE-NAME` in `folder`. */
  constructor(core: number, folder: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#command = command;
    this.#logFile = join(folder, `log-${core}-${command.replaceAll("/", "-")}`);
    const log = openSync(this.#logFile, "a");
    const [program, all] = onCore(core, command, args);
    this.#child = spawn(program, all, { stdio: ["ignore", log, log], env: { ...process.env, ...env } });
    closeSync(log);
    const killAtExit = (): void => void this.#child.kill("SIGKILL");
    process.on("exit", killAtExit);
    this.#exited = once(this.#child, "exit").finally(() => process.off("exit", killAtExit));
    this.#exited.catch(() => {});
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get log(): string {
    return readFileSync(this.#logFile, "utf8");
  }

  /** Waits until `look` finds something. Rejects when the process ends before. */
  async until<T>(look: () => T | undefined | null | Promise<T | undefined | null>): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== undefined && found !== null) return found;
      if (this.#ended) throw new Error(`${this.#command} ended before it was ready:\n${this.log}`);
      await delay(20);
    }
  }

  async stop(): Promise<void> {
    if (this.#ended) return;
    this.#child.kill("SIGTERM");
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 15_000);
    await this.#exited;
    clearTimeout(late);
  }

  get #ended(): boolean {
    return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}
