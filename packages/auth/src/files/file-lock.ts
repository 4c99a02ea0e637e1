/** One writer at a time for a file, among processes: `gmqttd passwd` and a broker may want to change it at once. */

import { open, rm, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** Who holds a lock for this long has died, ms. */
const STALE = 10_000;
const RETRY = 20;
const PATIENCE = 15_000;

/** Runs with `path.lock` held. Rejects when it can't be had. */
export async function withLock<T>(path: string, run: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  await acquire(lock);
  try {
    return await run();
  } finally {
    await rm(lock, { force: true });
  }
}

async function acquire(lock: string): Promise<void> {
  const end = Date.now() + PATIENCE;
  for (;;) {
    try {
      const file = await open(lock, "wx");
      await file.close();
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const age = await stat(lock).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > STALE) await rm(lock, { force: true });
    else if (Date.now() > end) throw new Error(`${lock} is held by another process`);
    else await delay(RETRY);
  }
}
