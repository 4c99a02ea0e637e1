/** All metrics of a broker, in the order in which they are served. */

import type { Server } from "@gmqtt/broker";
import type { ConnectionCounts } from "./connection-counts.ts";
import { declareConnections } from "./connections.ts";
import type { MetricBook } from "./metric-book.ts";
import { declarePopulation, declareTrouble } from "./population.ts";
import { declareTraffic } from "./traffic.ts";

/** Declares everything that is read from the broker's state. */
export function declareBroker(book: MetricBook, server: Server, connections: ConnectionCounts): void {
  const { population, traffic } = server.statsManager;
  book.gauge({ name: "gmqtt_info", help: "1, with the version of the broker.", labels: ["version"] }, () => [
    [{ version: server.version }, 1],
  ]);
  book.gauge({ name: "gmqtt_ready", help: "1 when the broker serves clients, else 0: see /readyz." }, () =>
    Number(server.readiness.ready),
  );
  declarePopulation(book, population, server.retainedService);
  declareTraffic(book, traffic);
  declareConnections(book, server, connections);
  declareTrouble(book, population);
  book.gauge(
    { name: "gmqtt_store_pending_changes", help: "Changes handed to the store and not yet committed." },
    () => server.statsManager.pendingCommits,
  );
}
