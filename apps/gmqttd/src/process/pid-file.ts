/** The file that holds the process id while gmqttd runs. */

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { CommandFailure, ExitCode, explain } from "../failure.ts";

/** A process id file that this process wrote. */
export interface PidFile {
  /** Process id that a gmqttd which did not end properly had left in it. */
  readonly stale: number | undefined;
  /** Removes the file, unless somebody else has written it since. */
  remove(): void;
}

/**
 * Writes the file. One that names a process which is gone is replaced. Throws a `CommandFailure` when the process it
 * names runs, or when it can't be written.
 */
export function writePidFile(path: string): PidFile {
  const before = readPid(path);
  if (before !== undefined && before !== process.pid && isRunning(before)) {
    throw new CommandFailure(ExitCode.Failed, [
      `pid_file: ${path} names process ${before}, which runs; remove the file if that is no gmqttd`,
    ]);
  }
  try {
    writeFileSync(path, `${process.pid}\n`);
  } catch (error) {
    throw new CommandFailure(ExitCode.Failed, [`pid_file: cannot write ${explain(error, path)}`], { cause: error });
  }
  return {
    stale: before,
    remove: () => {
      if (readPid(path) === process.pid) rmSync(path, { force: true });
    },
  };
}

/** The process id in a file; undefined when there is no file, or no process id in it. */
export function readPid(path: string): number | undefined {
  try {
    const text = readFileSync(path, "utf8").trim();
    return /^[1-9]\d*$/.test(text) ? Number(text) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there is such a process, ours or somebody else's. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
