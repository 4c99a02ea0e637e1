/** A process that is started again whenever it ends, as an operator's supervisor would do. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, type WriteStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** Pause before a process is started again: milliseconds. */
const RESTART_PAUSE = 100;
/** So much of what a process said is looked at: characters. */
const MOST_WORDS = 8192;

/** What is to run. */
export interface SupervisedOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly logFile: string;
  /** Rejects as long as the process does not serve. */
  readonly probe: () => Promise<void>;
  /** What the process may say, as its last words, before it ends by itself. */
  readonly excuse?: RegExp;
  /** What it must never say. */
  readonly alarm?: RegExp;
  /** Told when it says what it must not, or ends by itself without an excuse. */
  readonly onFault: (what: string) => void;
}

export class Supervised {
  readonly #options: SupervisedOptions;
  readonly #log: WriteStream;
  #process: ChildProcess | undefined;
  #wanted = false;
  starts = 0;
  kills = 0;
  /** Times it ended by itself with an excuse. */
  excused = 0;
  /** The end of what the process has said. */
  #words = "";
  #killed = false;

  constructor(options: SupervisedOptions) {
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: "a" });
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
    this.kills++;
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
    this.#words = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => this.#hear(chunk));
    // "close" comes behind the last words.
    child.once("close", (code, signal) => {
      if (this.#process !== child || this.#killed || !this.#wanted) return;
      const { excuse, onFault } = this.#options;
      const last = this.#words.trim().split("\n").at(-1) ?? "";
      this.#log.write(`torture: ended by itself, code ${code}, signal ${signal}\n`);
      if (excuse?.test(last) === true) this.excused++;
      else onFault(`${command} ended by itself (code ${code}, signal ${signal}): ${last}`);
      setTimeout(() => this.#spawn(), RESTART_PAUSE);
    });
  }

  #hear(chunk: Buffer): void {
    this.#log.write(chunk);
    this.#words = (this.#words + chunk.toString()).slice(-MOST_WORDS);
    const said = this.#options.alarm?.exec(this.#words);
    if (said === null || said === undefined) return;
    this.#words = "";
    this.#options.onFault(`the broker said: ${said[0]}`);
  }
}
