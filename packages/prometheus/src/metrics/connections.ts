/** Connections: where they came in, which version they speak, and how much they have not taken yet. */

import type { ProtocolVersion, Server } from "@gmqtt/broker";
import type { Labels, MetricBook } from "./metric-book.ts";

/** How the standards call their versions. */
const VERSION_NAMES: Readonly<Record<ProtocolVersion, string>> = { 3: "3.1", 4: "3.1.1", 5: "5.0" };

/** Connections of no listener of the configuration: handed in by the embedding program, whatever it called them. */
const ELSEWHERE = "other";

/** Declares what is known of the connections. */
export function declareConnections(book: MetricBook, server: Server): void {
  const { population } = server.statsManager;
  book.gauge(
    {
      name: "gmqtt_connections_current",
      help: "Connected clients, by listener and protocol version.",
      labels: ["listener", "version"],
    },
    () => countConnections(server),
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
    () => server.statsManager.unsentBytes,
  );
}

/** Walks over the clients: it costs less than a hook per connection, and can't get out of step. */
function countConnections(server: Server): [Labels, number][] {
  const listeners = new Map<string, Map<ProtocolVersion, number>>();
  const count = (listener: string, version: ProtocolVersion, by: number): void => {
    const versions = listeners.get(listener) ?? new Map<ProtocolVersion, number>();
    listeners.set(listener, versions.set(version, (versions.get(version) ?? 0) + by));
  };
  // Zero where nobody is, so that what comes next is seen as a change.
  for (const { name } of server.listeners) for (const version of [3, 4, 5] as const) count(name, version, 0);
  const known = new Set(listeners.keys());
  for (const { connection, protocolVersion } of server.clientService.iterateClients()) {
    count(known.has(connection.listener) ? connection.listener : ELSEWHERE, protocolVersion, 1);
  }
  return [...listeners].flatMap(([listener, versions]) =>
    [...versions].map(([version, value]): [Labels, number] => [{ listener, version: VERSION_NAMES[version] }, value]),
  );
}
