/** Folders and commands for tests. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A folder with files by name, gone when the test ends. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-auth-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

/** Runs Debian's mosquitto_passwd; a machine without it fails the test and says what is missing. */
export function mosquittoPasswd(...args: readonly string[]): void {
  try {
    execFileSync("mosquitto_passwd", args, { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error("mosquitto_passwd is missing; install it with: apt-get install mosquitto", { cause: error });
  }
}

/** Waits for what files and watchers do by themselves. */
export async function until(condition: () => boolean, timeout: number = 10_000): Promise<void> {
  const end = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`did not come true within ${timeout} ms`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
