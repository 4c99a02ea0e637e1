/** gmqtt.admin.api.ClientService: clients and their sessions. */

import type { ApiService, Client, ReasonCode, Server, SessionInfo } from "@gmqtt/broker";
import { invalidArgument, notFound } from "../api/status.ts";
import { type ClientSchema, ClientService } from "../gen/gmqtt/admin/api/client_pb.ts";
import { sum, timestamp, uint32 } from "./numbers.ts";
import { pageOf } from "./paging.ts";
import { type Init, protobufService } from "./protobuf-service.ts";

export function clientService(server: Server): ApiService {
  const { clientService: clients } = server;
  return protobufService(ClientService, {
    list(request) {
      const { limit, offset } = pageOf(request);
      const page = clients.listSessions(offset, limit);
      return {
        clients: page.map((session) => describeClient(session, clients.getClient(session.clientId))),
        totalCount: clients.sessionCount,
      };
    },
    get({ clientId }) {
      const session = clients.getSession(required(clientId));
      if (session === undefined) throw noClient(clientId);
      return { client: describeClient(session, clients.getClient(clientId)) };
    },
    delete({ clientId, cleanSession }) {
      const client = clients.getClient(required(clientId));
      if (client === undefined && clients.getSession(clientId) === undefined) throw noClient(clientId);
      client?.disconnect();
      if (cleanSession) clients.terminateSession(clientId);
      return {};
    },
    kick({ clientId, reasonCode, reason, cleanSession }) {
      const client = clients.getClient(required(clientId));
      if (client === undefined) throw notFound(`client ${clientId} is not connected`);
      if (reasonCode !== 0 && (reasonCode < 128 || reasonCode > 255)) {
        throw invalidArgument(`reason_code must be 128 to 255, not ${reasonCode}`);
      }
      client.disconnect({
        ...(reasonCode === 0 ? {} : { reasonCode: reasonCode as ReasonCode }),
        ...(reason === "" ? {} : { properties: { reasonString: reason } }),
      });
      if (cleanSession) clients.terminateSession(clientId);
      return {};
    },
  });
}

function required(clientId: string): string {
  if (clientId === "") throw invalidArgument("client_id is needed");
  return clientId;
}

function noClient(clientId: string): Error {
  return notFound(`no client ${clientId}`);
}

/** A client as the API shows it; `client` is undefined while it is away. */
function describeClient(session: SessionInfo, client: Client | undefined): Init<typeof ClientSchema> {
  return {
    clientId: session.clientId,
    username: session.username ?? "",
    keepAlive: client?.options.keepAlive ?? 0,
    version: session.protocolVersion,
    connectedAt: timestamp(session.connectedAt),
    disconnectedAt: timestamp(session.disconnectedAt),
    sessionExpiry: uint32(session.expiryInterval),
    maxInflight: uint32(session.maxInflight),
    inflightLen: session.inflightLength,
    maxQueue: uint32(session.maxQueue),
    queueLen: session.queueLength,
    subscriptionsCurrent: session.subscriptionsCurrent,
    subscriptionsTotal: session.subscriptionsTotal,
    ...(client === undefined ? {} : describeConnection(client)),
  };
}

function describeConnection({ connection, stats }: Client): Init<typeof ClientSchema> {
  const { localAddress, localPort, remoteAddress, remotePort } = connection;
  return {
    remoteAddr: hostAndPort(remoteAddress, remotePort),
    localAddr: hostAndPort(localAddress, localPort),
    packetsReceivedBytes: sum(stats.received.bytes),
    packetsReceivedNums: sum(stats.received.packets),
    packetsSendBytes: sum(stats.sent.bytes),
    packetsSendNums: sum(stats.sent.packets),
    messageDropped: sum(Object.values(stats.messagesDropped).flat()),
  };
}

/** "" where there is no address. */
export function hostAndPort(host: string, port: number): string {
  if (host === "") return "";
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
