/** A process that is started again whenever it ends, as an operator's supervisor would do. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Pause before a process is started again: milliseconds. */
const RESTART_PAUSE = 100;

/** What is to run. */
export interface SupervisedOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Rejects as long as the process does not serve. */
  readonly probe: () => Promise<void>;
}

export class Supervised {
  readonly #options: SupervisedOptions;
  readonly #log: WriteStream;
  #process: ChildProcess | undefined;
  #wanted = false;
  /** Times it ended without having been killed by us. */
  unexpectedExits = 0;
  starts = 0;
  #killed = false;

  constructor(options: SupervisedOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: "a" });
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  start(): void {
    this.#wanted = true;
    this.#spawn();
  }

  /** Resolves when it serves. */
  async serving(limit: number = 60_000): Promise<void> {
    const end = Date.now() + limit;
    for (;;) {
      try {
        await this.#options.probe();
        return;
      } catch (error) {
        if (Date.now() > end) throw error;
        await delay(50);
      }
    }
  }

  /** SIGKILL; it comes back after `downtime` milliseconds. */
  async kill(downtime: number): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    this.#killed = true;
    this.#wanted = false;
    child.kill("SIGKILL");
    await once(child, "exit");
    await delay(downtime);
    this.#wanted = true;
    this.#spawn();
  }

  /** SIGSTOP for some milliseconds. */
  async freeze(duration: number): Promise<void> {
    const child = this.#process;
    child?.kill("SIGSTOP");
    await delay(duration);
    child?.kill("SIGCONT");
  }

  async end(): Promise<void> {
    this.#wanted = false;
    const child = this.#process;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill("SIGCONT");
      child.kill("SIGTERM");
      const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
      await once(child, "exit");
      clearTimeout(late);
    }
    this.#log.end();
  }

  #spawn(): void {
    if (!this.#wanted) return;
    this.starts++;
    this.#killed = false;
    const { args, command } = this.#options;
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    child.stdout.pipe(this.#log, { end: false });
    child.stderr.pipe(this.#log, { end: false });
    child.once("exit", (code, signal) => {
      if (this.#killed || !this.#wanted) return;
      this.unexpectedExits++;
      this.#log.write(`torture: exited by itself, code ${code}, signal ${signal}\n`);
      setTimeout(() => this.#spawn(), RESTART_PAUSE);
    });
  }
}
