/** A Redis of its own for each gmqttd that is to keep its state there. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, type Running, runProcess } from "./process.ts";

/** A Redis that runs. */
export interface Redis {
  readonly port: number;
  stop(): Promise<void>;
}

/** Somebody else may take a port between its choice and its use; so many are tried. */
const ATTEMPTS = 5;

/** Starts redis-server on a free port; it keeps its log in a folder that goes with it. */
export async function startRedis(): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-conformance-redis-"));
  const { port, running } = await attempt(folder, ATTEMPTS);
  return {
    port,
    stop: async () => {
      await running.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function attempt(folder: string, left: number): Promise<{ port: number; running: Running }> {
  const port = await freePort();
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "yes", "--dir", folder];
  const running = runProcess("redis-server", args);
  try {
    await running.until(/Ready to accept connections/);
    return { port, running };
  } catch (error) {
    if (left > 1 && /in use/.test(running.log())) return attempt(folder, left - 1);
    throw error;
  }
}
