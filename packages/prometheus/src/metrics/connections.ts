/** Connections: where they came in, which version they speak, and how much they have not taken yet. */

import type { Server } from "@gmqtt/broker";
import type { ConnectionCounts } from "./connection-counts.ts";
import type { MetricBook } from "./metric-book.ts";

/** Declares what is known of the connections. */
export function declareConnections(book: MetricBook, server: Server, counts: ConnectionCounts): void {
  const { statsManager } = server;
  const { population } = statsManager;
  counts.know(server.config.listeners);
  book.gauge(
    {
      name: "gmqtt_connections_current",
      help: "Connected clients, by listener and protocol version.",
      labels: ["listener", "version"],
    },
    () => counts.samples(),
  );
  book.gauge(
    { name: "gmqtt_connections_open_current", help: "Open connections, those without an accepted CONNECT included." },
    () => population.connectionsOpen,
  );
  book.counter(
    { name: "gmqtt_connections_accepted_total", help: "Connections within the limits, before they said anything." },
    () => population.connectionsAccepted,
  );
  book.gauge(
    { name: "gmqtt_outbound_buffered_bytes", help: "Bytes that wait to be sent, over all connections." },
    () => statsManager.unsentBytes,
  );
}
