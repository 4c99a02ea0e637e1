import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isRunning, readPid, writePidFile } from "./pid-file.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gmqttd-pid-"));
  path = join(folder, "gmqttd.pid");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Id of a process that has ended. */
function gonePid(): number {
  return spawnSync(process.execPath, ["--version"]).pid;
}

test("holds the process id while it is there, and goes when removed", () => {
  const pidFile = writePidFile(path);
  expect(readFileSync(path, "utf8")).toBe(`${process.pid}\n`);
  expect(pidFile.stale).toBeUndefined();
  pidFile.remove();
  expect(existsSync(path)).toBe(false);
  pidFile.remove();
});

test("replaces the file of a process that is gone, and says whose it was", () => {
  const pid = gonePid();
  expect(isRunning(pid)).toBe(false);
  writeFileSync(path, String(pid));
  expect(writePidFile(path).stale).toBe(pid);
  expect(readPid(path)).toBe(process.pid);
});

test("takes its own process id for stale: in a container everybody is process 1", () => {
  writeFileSync(path, String(process.pid));
  expect(writePidFile(path).stale).toBe(process.pid);
});

test("refuses while the process in it runs", () => {
  writeFileSync(path, String(process.ppid));
  expect(() => writePidFile(path)).toThrow(
    `pid_file: ${path} names process ${process.ppid}, which runs; remove the file if that is no gmqttd`,
  );
});

test("replaces what is no process id", () => {
  writeFileSync(path, "abc");
  expect(readPid(path)).toBeUndefined();
  expect(writePidFile(path).stale).toBeUndefined();
});

test("leaves a file that another process has written since", () => {
  const pidFile = writePidFile(path);
  writeFileSync(path, "1");
  pidFile.remove();
  expect(readPid(path)).toBe(1);
});

test("says when it can't be written", () => {
  const wrong = join(folder, "none", "gmqttd.pid");
  expect(() => writePidFile(wrong)).toThrow(`pid_file: cannot write ${wrong}: no such file`);
});
