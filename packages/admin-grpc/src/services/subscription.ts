/** gmqtt.admin.api.SubscriptionService: subscriptions of all sessions. */

import type {
  ApiService,
  QoS,
  RetainHandling,
  Server,
  SubscriptionEntry,
  SubscriptionInit,
  SubscriptionQuery,
} from "@gmqtt/broker";
import { invalidArgument } from "../api/status.ts";
import {
  type FilterSubscriptionRequest,
  SubFilterType,
  SubMatchType,
  type Subscription,
  type SubscriptionSchema,
  SubscriptionService,
} from "../gen/gmqtt/admin/api/subscription_pb.ts";
import { takePage } from "./paging.ts";
import { type Init, protobufService } from "./protobuf-service.ts";

export function subscriptionService(server: Server, maxPageSize: () => number): ApiService {
  const { subscriptionService: subscriptions } = server;
  return protobufService(SubscriptionService, {
    async list(request) {
      const page = await takePage(subscriptions.iterate(), request);
      const totalCount = server.statsManager.population.subscriptionsCurrent;
      return { subscriptions: page.map(describeSubscription), totalCount };
    },
    async filter(request) {
      if (request.limit < 0) throw invalidArgument(`limit must not be negative: ${request.limit}`);
      const pageSize = Math.min(request.limit, maxPageSize());
      const found = await takePage(subscriptions.iterate(queryOf(request)), { page: 1, pageSize });
      return { subscriptions: found.map(describeSubscription) };
    },
    subscribe({ clientId, subscriptions: asked }) {
      if (clientId === "") throw invalidArgument("client_id is needed");
      if (asked.length === 0) throw invalidArgument("subscriptions are needed");
      const results = subscriptions.subscribe(clientId, ...asked.map(subscriptionInit));
      return { new: results.map(({ alreadyExisted }) => !alreadyExisted) };
    },
    unsubscribe({ clientId, topics }) {
      if (clientId === "") throw invalidArgument("client_id is needed");
      if (topics.length === 0) throw invalidArgument("topics are needed");
      subscriptions.unsubscribe(clientId, ...topics);
      return {};
    },
  });
}

/** A subscription as the API shows it. */
export function describeSubscription({ clientId, subscription }: SubscriptionEntry): Init<typeof SubscriptionSchema> {
  return {
    clientId,
    topicName: subscription.filter,
    id: subscription.subscriptionIdentifier,
    qos: subscription.qos,
    noLocal: subscription.noLocal,
    retainAsPublished: subscription.retainAsPublished,
    retainHandling: subscription.retainHandling,
  };
}

const kinds = new Map<number, NonNullable<SubscriptionQuery["types"]>[number]>([
  [SubFilterType.SYS, "system"],
  [SubFilterType.SHARED, "shared"],
  [SubFilterType.NON_SHARED, "non-shared"],
]);

function queryOf({ clientId, filterType, matchType, topicName }: FilterSubscriptionRequest): SubscriptionQuery {
  const types = filterType
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(kindOf);
  if (topicName !== "" && matchType === SubMatchType.UNSPECIFIED) {
    throw invalidArgument("match_type is needed with topic_name");
  }
  if (topicName === "" && matchType !== SubMatchType.UNSPECIFIED) {
    throw invalidArgument("topic_name is needed with match_type");
  }
  return {
    ...(types.length === 0 ? {} : { types }),
    ...(clientId === "" ? {} : { clientId }),
    ...(topicName === "" ? {} : { topic: topicName }),
    match: matchType === SubMatchType.MATCH_FILTER ? "filter" : "name",
  };
}

function kindOf(text: string): NonNullable<SubscriptionQuery["types"]>[number] {
  const kind = kinds.get(Number(text));
  if (kind !== undefined) return kind;
  throw invalidArgument(`filter_type must be numbers from 1 to 3 with commas between, not ${text}`);
}

function subscriptionInit(asked: Subscription): SubscriptionInit {
  if (asked.qos > 2) throw invalidArgument(`qos must be 0, 1 or 2, not ${asked.qos}`);
  if (asked.retainHandling > 2) throw invalidArgument(`retain_handling must be 0, 1 or 2, not ${asked.retainHandling}`);
  if (asked.id > 268_435_455) throw invalidArgument(`id must not exceed 268435455: ${asked.id}`);
  return {
    filter: asked.topicName,
    qos: asked.qos as QoS,
    noLocal: asked.noLocal,
    retainAsPublished: asked.retainAsPublished,
    retainHandling: asked.retainHandling as RetainHandling,
    subscriptionIdentifier: asked.id,
  };
}
