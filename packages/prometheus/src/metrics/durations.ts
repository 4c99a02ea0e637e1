/** How long things take: hooks, commits of the store, and messages on their way through the broker. */

import type { StatsManager } from "@gmqtt/broker";
import type { Durations } from "./duration-histogram.ts";
import type { MetricBook } from "./metric-book.ts";

/** One of so many messages is timed: enough to see a change within seconds, too few to cost anything. */
const TIMED_ONE_OF = 100;

/** Declares the durations. The result starts measuring, and answers with what ends it. */
export function declareDurations(book: MetricBook): (stats: StatsManager) => () => void {
  const hooks = book.histogram({
    name: "gmqtt_hook_duration_seconds",
    help: "Time a plugin took for a hook, the plugins behind it included.",
    labels: ["plugin", "hook"],
  });
  const commits = book.histogram({
    name: "gmqtt_store_commit_duration_seconds",
    help: "Time the store took to commit a batch of changes. Stays at zero with the memory store.",
  });
  const deliveries = book.histogram({
    name: "gmqtt_publish_delivery_duration_seconds",
    help: `Time from the arrival of a published message until it was handed to a receiver's socket, for one of ${TIMED_ONE_OF} messages.`,
  });
  const commit = commits.with();
  const delivery = deliveries.with();
  return (stats) => {
    // A hook may be called for every message: no more than two look-ups for its durations.
    const known = new Map<string, Map<string, Durations>>();
    const durationsOf = (plugin: string, hook: string): Durations => {
      const found = known.get(plugin)?.get(hook);
      if (found !== undefined) return found;
      const made = hooks.with(plugin, hook);
      known.set(plugin, (known.get(plugin) ?? new Map<string, Durations>()).set(hook, made));
      return made;
    };
    stats.observeHooks((plugin, hook, milliseconds) => durationsOf(plugin, hook).observe(milliseconds));
    stats.observeCommits((milliseconds) => commit.observe(milliseconds));
    stats.observeDeliveries(TIMED_ONE_OF, (milliseconds) => delivery.observe(milliseconds));
    return () => {
      stats.observeHooks(undefined);
      stats.observeDeliveries(TIMED_ONE_OF, undefined);
    };
  };
}
