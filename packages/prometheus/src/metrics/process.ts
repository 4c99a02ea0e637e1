/** Metrics of the process: those of prom-client, without the ones whose price rises with the number of connections. */

import { readdir, stat } from "node:fs/promises";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";

/**
 * With 10,000 connections prom-client needs 25 ms of event loop for these. Open files are counted below in a way that costs
 * nothing; the others look at every connection, to say by type what the broker says by listener.
 */
const COSTLY = [
  "process_open_fds",
  "nodejs_active_resources",
  "nodejs_active_resources_total",
  "nodejs_active_handles",
  "nodejs_active_handles_total",
];

const OPEN_FILES = "/proc/self/fd";

let shared: Registry | undefined;

/** One registry for all brokers of the process: they share its event loop, and what watches that can't be stopped. */
export function processMetrics(): Registry {
  shared ??= collectProcess();
  return shared;
}

function collectProcess(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const hasFds = registry.getSingleMetric("process_open_fds") !== undefined;
  for (const name of COSTLY) registry.removeSingleMetric(name);
  if (hasFds) {
    new Gauge({
      name: "process_open_fds",
      help: "Number of open file descriptors.",
      registers: [registry],
      async collect() {
        this.set(await openFiles());
      },
    });
  }
  return registry;
}

/** Linux says the number since 6.2; before, another thread counts the entries, one of which is its own. */
async function openFiles(): Promise<number> {
  const { size } = await stat(OPEN_FILES);
  return size > 0 ? size : (await readdir(OPEN_FILES)).length - 1;
}
