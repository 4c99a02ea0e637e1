/** Writes docs/metrics.md from what the plugin declares. */

import { createBroker } from "@gmqtt/broker";
import { declareBroker } from "../src/metrics/broker.ts";
import { ConnectionCounts } from "../src/metrics/connection-counts.ts";
import { declareDurations } from "../src/metrics/durations.ts";
import { MetricBook, type MetricEntry } from "../src/metrics/metric-book.ts";
import { processMetrics } from "../src/metrics/process.ts";

/** Names and labels that gmqtt has; who used them there finds them here. */
export const GMQTT_METRICS: Readonly<Record<string, readonly string[]>> = {
  gmqtt_clients_connected_total: [],
  gmqtt_messages_dropped_total: ["qos"],
  gmqtt_packets_received_bytes_total: ["type"],
  gmqtt_packets_received_total: ["type"],
  gmqtt_packets_sent_bytes_total: ["type"],
  gmqtt_packets_sent_total: ["type"],
  gmqtt_sessions_created_total: [],
  gmqtt_sessions_terminated_total: ["reason"],
  gmqtt_sessions_expired_total: [],
  gmqtt_sessions_active_current: [],
  gmqtt_sessions_inactive_current: [],
  gmqtt_subscriptions_current: [],
  gmqtt_messages_queued_current: [],
  gmqtt_subscriptions_total: [],
  gmqtt_messages_received_total: ["qos"],
  gmqtt_messages_sent_total: ["qos"],
};

const LABELS: Readonly<Record<string, string>> = {
  type: "packet type in capitals, as gmqtt writes it: `CONNECT`, `PUBLISH`, ...",
  qos: "`0`, `1`, `2`",
  reason:
    "of ended sessions `normal`, `taken_over`, `expired`; of drops `packet_too_large`, `queue_full`, `expired`, " +
    "`inflight_expired`, `slow_consumer`, `internal`",
  listener:
    "the `name` of the listener, else its `address` as configured; `other` for connections of an embedding program",
  version: "of connections `3.1`, `3.1.1`, `5.0`; of `gmqtt_info` that of the package",
  plugin: "its name in `plugin_order`",
  hook: "`onBasicAuth`, `onMsgArrived`, ...",
  limit: "key of the configuration: `limits.max_connections`, `mqtt.max_queued_messages`, ...",
  result: "`succeeded`, `failed`",
};

/** Every metric of a broker. */
export function declaredMetrics(): readonly MetricEntry[] {
  const book = new MetricBook();
  declareBroker(book, createBroker(), new ConnectionCounts());
  declareDurations(book);
  return book.entries;
}

/** The page. */
export function metricsPage(): string {
  const all = declaredMetrics();
  const isGmqtt = ({ name }: MetricEntry) => name in GMQTT_METRICS;
  return `# Metrics

What [@gmqtt/prometheus](../packages/prometheus) serves on \`/metrics\`. This page is made from the plugin's code by
packages/prometheus/test/docs.test.ts; \`vitest -u\` writes it anew.

## Those of gmqtt

Names, labels and the values of labels are those of gmqtt.

${table(all.filter(isGmqtt))}

## Those that gmqtt has not

${table(all.filter((entry) => !isGmqtt(entry)))}

Histograms have buckets from 10 µs to 10 s. The rest of what stands under their names: \`_bucket\`, \`_sum\`, \`_count\`.

## Labels

No label has a value that a client can choose, so the number of series does not grow with clients or topics.

| label | values |
|---|---|
${labelRows(all)}

## The process

From prom-client, which explains them. There is one set for the process, whatever the number of brokers in it.

${processNames()}
`;
}

function table(entries: readonly MetricEntry[]): string {
  const rows = entries.map(
    ({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.join(", ")} | ${help} |`,
  );
  return ["| name | type | labels | meaning |", "|---|---|---|---|", ...rows].join("\n");
}

function labelRows(entries: readonly MetricEntry[]): string {
  const names = [...new Set(entries.flatMap(({ labels }) => labels))];
  return names.map((name) => `| \`${name}\` | ${LABELS[name] ?? ""} |`).join("\n");
}

function processNames(): string {
  const names = processMetrics()
    .getMetricsAsArray()
    .map(({ name }) => `\`${name}\``);
  return names.sort().join(",\n");
}
