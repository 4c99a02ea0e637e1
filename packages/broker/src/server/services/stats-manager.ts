/** The statistics as plugins read them. */

import type { ClientRegistry } from "../../client/client-registry.ts";
import type { StatsManager } from "../../stats/stats.ts";
import type { Core } from "../core.ts";

export function createStatsManager(core: Core, clients: ClientRegistry): StatsManager {
  return {
    traffic: core.services.traffic,
    population: core.population,
    client: (clientId) => clients.get(clientId)?.connection.counters,
    observeHooks: (observer) => {
      core.hookObserver = observer;
    },
    observeCommits: (observer) => core.services.journal.observe(observer),
    observeDeliveries: (oneOf, observer) => core.services.deliveryTimes.observe(oneOf, observer),
    get pendingCommits() {
      return core.services.journal.pending;
    },
    get unsentBytes() {
      let bytes = 0;
      for (const client of clients.values()) bytes += client.connection.unsentBytes;
      return bytes;
    },
  };
}
