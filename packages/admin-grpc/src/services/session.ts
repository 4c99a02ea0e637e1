/** gmqtt.admin.api.SessionService: everything that is kept for a client. */

import type { ApiService, Client, Server, SessionInfo } from "@gmqtt/broker";
import { invalidArgument, notFound } from "../api/status.ts";
import { type NegotiatedSchema, type SessionSchema, SessionService } from "../gen/gmqtt/admin/api/session_pb.ts";
import { timestamp, uint32 } from "./numbers.ts";
import { takePage } from "./paging.ts";
import { type Init, protobufService } from "./protobuf-service.ts";
import { describeSubscription } from "./subscription.ts";

/** Session Expiry Interval that stands for never (section 3.1.2.11.2). */
const NEVER = 0xffff_ffff;

export function sessionService(server: Server, maxPageSize: () => number): ApiService {
  const { clientService, subscriptionService } = server;
  return protobufService(SessionService, {
    async get({ clientId }) {
      if (clientId === "") throw invalidArgument("client_id is needed");
      const session = clientService.getSession(clientId);
      if (session === undefined) throw notFound(`no session ${clientId}`);
      const client = clientService.getClient(clientId);
      const all = subscriptionService.iterate({ clientId });
      const subscriptions = await takePage(all, { page: 1, pageSize: maxPageSize() });
      return {
        session: {
          ...describeSession(session),
          subscriptions: subscriptions.map(describeSubscription),
          ...(client === undefined ? {} : { negotiated: describeNegotiated(client) }),
        },
      };
    },
  });
}

function describeSession(session: SessionInfo): Init<typeof SessionSchema> {
  const { disconnectedAt, expiryInterval, will } = session;
  const ends = disconnectedAt !== undefined && expiryInterval !== NEVER;
  return {
    clientId: session.clientId,
    username: session.username ?? "",
    version: session.protocolVersion,
    connected: session.connected,
    createdAt: timestamp(session.createdAt),
    connectedAt: timestamp(session.connectedAt),
    disconnectedAt: timestamp(disconnectedAt),
    expiresAt: ends ? timestamp(disconnectedAt + expiryInterval * 1000) : undefined,
    expiryInterval: uint32(expiryInterval),
    outgoing: {
      queueLen: session.queueLength,
      maxQueue: uint32(session.maxQueue),
      inflightLen: session.inflightLength,
      maxInflight: uint32(session.maxInflight),
    },
    subscriptionsCurrent: session.subscriptionsCurrent,
    subscriptionsTotal: session.subscriptionsTotal,
    will: will && {
      topicName: will.topic,
      qos: will.qos,
      retained: will.retain,
      payloadLength: will.payloadLength,
      delayInterval: uint32(will.delayInterval),
    },
  };
}

function describeNegotiated({ options }: Client): Init<typeof NegotiatedSchema> {
  return {
    keepAlive: options.keepAlive,
    receiveMaximum: options.receiveMax,
    maximumQos: options.maximumQoS,
    maximumPacketSize: uint32(options.maxPacketSize),
    clientMaximumPacketSize: uint32(options.clientMaxPacketSize),
    topicAliasMaximum: options.topicAliasMax,
    clientTopicAliasMaximum: options.clientTopicAliasMax,
    retainAvailable: options.retainAvailable,
    wildcardSubscriptionAvailable: options.wildcardSubAvailable,
    subscriptionIdentifierAvailable: options.subIdAvailable,
    sharedSubscriptionAvailable: options.sharedSubAvailable,
    authenticationMethod: options.authenticationMethod ?? "",
  };
}
