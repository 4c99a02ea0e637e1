/** Metrics of the process: those of prom-client, without the ones whose price rises with the number of connections. */

import { readdir } from "node:fs/promises";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";

/**
 * With 10,000 connections prom-client needs 25 ms of event loop for these. Two are asked in a way that costs little below;
 * the handles, which Node.js has no documented function for, are what the resources say as well.
 */
const COSTLY = [
  "process_open_fds",
  "nodejs_active_resources",
  "nodejs_active_resources_total",
  "nodejs_active_handles",
  "nodejs_active_handles_total",
];

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
  const registers = [registry];
  if (hasFds) {
    new Gauge({
      name: "process_open_fds",
      help: "Number of open file descriptors.",
      registers,
      async collect() {
        // Another thread reads the folder; one entry is the reading itself.
        this.set((await readdir("/proc/self/fd")).length - 1);
      },
    });
  }
  const total = new Gauge({
    name: "nodejs_active_resources_total",
    help: "Number of resources that keep the event loop alive.",
    registers,
  });
  new Gauge({
    name: "nodejs_active_resources",
    help: "Number of resources that keep the event loop alive, by type.",
    labelNames: ["type"],
    registers,
    collect() {
      const resources = process.getActiveResourcesInfo();
      const byType = new Map<string, number>();
      for (const type of resources) byType.set(type, (byType.get(type) ?? 0) + 1);
      this.reset();
      for (const [type, count] of byType) this.set({ type }, count);
      total.set(resources.length);
    },
  });
  return registry;
}
