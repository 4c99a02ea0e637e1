/** Programs that others wrote, as children: their lines are awaited, and they end with the test. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { onTestFinished } from "vitest";

/** Fails with the command that mends it when a program of a Debian package doesn't end with `code` for these arguments. */
export function needProgram(debianPackage: string, command: string, args: readonly string[], code: number): void {
  if (spawnSync(command, args, { stdio: "ignore" }).status === code) return;
  const mend = `apt-get install -y --no-install-recommends ${debianPackage}`;
  throw new Error(`${[command, ...args].join(" ")} failed: it needs what npm test installs, or: ${mend}`);
}

/** A program that runs. */
export class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #lines: string[] = [];
  readonly #exited: Promise<number>;
  #rest = "";
  #stderr = "";
  #running = true;
  #wake: () => void = () => {};

  constructor(command: string, args: readonly string[]) {
    this.#name = command;
    // Line by line: the C library would keep lines back when nobody watches at a terminal.
    this.#child = spawn("stdbuf", ["-oL", command, ...args], { stdio: "pipe" });
    this.#child.stdout?.on("data", (chunk) => this.#read(String(chunk)));
    this.#child.stderr?.on("data", (chunk) => {
      this.#stderr += chunk;
    });
    this.#child.stdin?.on("error", () => {}); // a program that ended early: its exit code says so
    this.#exited = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code) => {
        this.#running = false;
        this.#wake();
        resolve(code ?? 128);
      });
    });
    this.#exited.catch(() => {}); // whoever waits hears of it
    onTestFinished(() => this.kill());
  }

  /** Writes to its input. */
  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Writes to its input, which ends with it. */
  end(text: string): void {
    this.#child.stdin?.end(text);
  }

  /** Lines of its output so far that nobody asked for. */
  get unread(): readonly string[] {
    return this.#lines;
  }

  /** The next line; rejects when the program ends before. */
  async line(): Promise<string> {
    for (;;) {
      const line = this.#lines.shift();
      if (line !== undefined) return line;
      if (!this.#running) throw new Error(`${this.#name} ended with ${await this.#exited}: ${this.#stderr}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next line that fits; those before it are skipped. */
  async lineLike(pattern: RegExp): Promise<string> {
    for (;;) {
      const line = await this.line();
      if (pattern.test(line)) return line;
    }
  }

  /** Waits for its end; the exit code, and what it said on its error output. */
  async ended(): Promise<{ code: number; stderr: string }> {
    return { code: await this.#exited, stderr: this.#stderr.trim() };
  }

  /** Ends it without a chance to say goodbye. */
  kill(): void {
    if (this.#running) this.#child.kill("SIGKILL");
  }

  #read(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    this.#lines.push(...lines);
    this.#wake();
  }
}
