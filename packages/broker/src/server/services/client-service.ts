/** Clients and sessions for plugins. */

import { ReasonCode } from "@gmqtt/packets";
import type { ClientRegistry } from "../../client/client-registry.ts";
import type { Client, SessionInfo } from "../../client/client-view.ts";
import type { BrokerServices } from "../../handlers/context.ts";
import type { ClientService } from "../../plugin/server.ts";
import { SessionEndReason } from "../../stats/reasons.ts";

export function createClientService(broker: BrokerServices, clients: ClientRegistry): ClientService {
  return {
    *iterateClients(): IterableIterator<Client> {
      for (const client of clients.values()) yield client.view;
    },
    getClient: (clientId) => clients.get(clientId)?.view,
    *iterateSessions(): IterableIterator<SessionInfo> {
      for (const session of broker.sessions.values()) yield session.toInfo();
    },
    getSession: (clientId) => broker.sessions.get(clientId)?.toInfo(),
    listSessions: (offset, limit) => broker.sessions.slice(offset, limit).map((session) => session.toInfo()),
    get sessionCount() {
      return broker.sessions.size;
    },
    get clientCount() {
      return clients.size;
    },
    terminateSession(clientId) {
      const session = broker.sessions.get(clientId);
      if (session === undefined) return false;
      const packet = { type: 14, reasonCode: ReasonCode.AdministrativeAction } as const;
      clients.get(clientId)?.terminate(packet, new Error("session terminated"));
      // A session without expiry has ended with its connection.
      if (!session.ended) broker.sessions.end(session, SessionEndReason.Normal);
      return true;
    },
  };
}
