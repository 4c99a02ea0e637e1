/** Subscriptions of all sessions for plugins. */

import { MqttError, parseTopicFilter, ReasonCode } from "@gmqtt/packets";
import type { ClientRegistry } from "../../client/client-registry.ts";
import type { BrokerServices } from "../../handlers/context.ts";
import { filterLimit, sendRetained } from "../../handlers/subscribe.ts";
import type {
  SubscribeResult,
  SubscriptionEntry,
  SubscriptionInit,
  SubscriptionQuery,
  SubscriptionService,
} from "../../plugin/server.ts";
import type { Subscription } from "../../router/subscription.ts";
import type { Session } from "../../session/session.ts";

export function createSubscriptionService(broker: BrokerServices, clients: ClientRegistry): SubscriptionService {
  const sessionOf = (clientId: string): Session => {
    const session = broker.sessions.get(clientId);
    if (session !== undefined) return session;
    throw new MqttError(ReasonCode.ClientIdentifierNotValid, { reasonString: `no session ${clientId}` });
  };
  return {
    subscribe(clientId, ...subscriptions) {
      const session = sessionOf(clientId);
      for (const { filter } of subscriptions) checkFilter(broker, filter);
      return subscriptions.map((init) => subscribe(broker, session, init, clients));
    },
    unsubscribe(clientId, ...filters) {
      const session = sessionOf(clientId);
      return filters.map((filter) => unsubscribe(broker, session, filter, clients));
    },
    unsubscribeAll(clientId) {
      const session = sessionOf(clientId);
      const filters = [...session.subscriptions.keys()];
      for (const filter of filters) unsubscribe(broker, session, filter, clients);
      return filters.length;
    },
    iterate: (query = {}) => iterate(broker, query),
    peekShared(filter, topic) {
      const { router } = broker;
      const member = router.groupNamed(filter)?.peek(topic, router.filter);
      return member && { clientId: member.subscriber.clientId, subscription: member.toStored() };
    },
    deliveryLimit: (clientId, topic) => (broker.router.filter === null ? 2 : broker.router.filter(clientId, topic)),
  };
}

function checkFilter(broker: BrokerServices, filter: string): void {
  if (parseTopicFilter(filter) === undefined) {
    throw new MqttError(ReasonCode.TopicFilterInvalid, { reasonString: `${filter} is not a topic filter` });
  }
  const limit = filterLimit(broker, filter);
  if (limit !== undefined) throw limit;
}

function subscribe(
  broker: BrokerServices,
  session: Session,
  init: SubscriptionInit,
  clients: ClientRegistry,
): SubscribeResult {
  const { filter, noLocal = false, qos = 0, retainAsPublished = false, retainHandling = 0 } = init;
  const { subscriptionIdentifier = 0 } = init;
  const stored = { filter, qos, noLocal, retainAsPublished, retainHandling, subscriptionIdentifier };
  const { existed, subscription } = broker.subscriptions.subscribe(session, stored);
  sendRetained(broker, session, subscription, existed);
  const client = clients.get(session.clientId);
  if (client !== undefined) broker.hooks.onSubscribed?.(client.view, stored);
  return { subscription: stored, alreadyExisted: existed };
}

function unsubscribe(broker: BrokerServices, session: Session, filter: string, clients: ClientRegistry): boolean {
  if (!broker.subscriptions.unsubscribe(session, filter)) return false;
  const client = clients.get(session.clientId);
  if (client !== undefined) broker.hooks.onUnsubscribed?.(client.view, filter);
  return true;
}

function* iterate(broker: BrokerServices, query: SubscriptionQuery): IterableIterator<SubscriptionEntry> {
  for (const subscription of candidates(broker, query)) {
    const { clientId } = subscription.subscriber;
    if (query.clientId !== undefined && clientId !== query.clientId) continue;
    if (query.types !== undefined && !query.types.includes(subscription.kind)) continue;
    const byName = query.topic !== undefined && query.match !== "filter";
    if (byName && subscription.filter !== query.topic) continue;
    yield { clientId, subscription: subscription.toStored() };
  }
}

/** The smallest set at hand that holds everything asked for. */
function candidates(broker: BrokerServices, query: SubscriptionQuery): Iterable<Subscription> {
  if (query.topic !== undefined && query.match === "filter") return broker.router.matching(query.topic);
  if (query.clientId !== undefined) return broker.sessions.get(query.clientId)?.subscriptions.values() ?? [];
  return broker.router.subscriptions();
}
