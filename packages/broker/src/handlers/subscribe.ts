/** What the broker does with a SUBSCRIBE (MQTT 5.0 section 3.8.4): judge each filter, answer, then send what is retained. */

import { Buffer } from "node:buffer";
import {
  countTopicLevels,
  MqttError,
  type ParsedFilter,
  ProtocolError,
  parseTopicFilter,
  type QoS,
  ReasonCode,
  type SubscribePacket,
  type SubscriptionRequest,
} from "@gmqtt/packets";
import { type Awaitable, isPromise } from "../awaitable.ts";
import type { SubscribeRequest } from "../hooks/hooks.ts";
import type { StoredSubscription } from "../persistence/persistence.ts";
import { lowerQoS } from "../qos.ts";
import type { RetainedSlot } from "../router/retained.ts";
import type { Subscription } from "../router/subscription.ts";
import { Replay } from "../session/replay.ts";
import type { Session } from "../session/session.ts";
import { assertAnswerFits } from "./answer-size.ts";
import type { BrokerServices, ClientContext } from "./context.ts";
import { type RefusalProperties, refusalOf, refusalProperties, subscribeCode } from "./refusal.ts";

/** What hooks have decided so far. */
interface Decisions {
  readonly granted: Map<string, QoS>;
  readonly rejected: Map<string, MqttError>;
  identifier: number;
}

export function handleSubscribe(context: ClientContext, packet: SubscribePacket): Awaitable<void> {
  assertServed(context, packet);
  assertAnswerFits(context, "SUBACK", packet.subscriptions.length);
  const decisions: Decisions = {
    granted: new Map(),
    rejected: new Map(),
    identifier: packet.properties?.subscriptionIdentifier ?? 0,
  };
  const hook = context.broker.hooks.onSubscribe;
  if (hook === undefined) return conclude(context, packet, decisions);
  const refuseAll = (error: unknown): void => {
    const refusal = refusalOf(error);
    for (const { filter } of packet.subscriptions) decisions.rejected.set(filter, refusal);
    conclude(context, packet, decisions);
  };
  try {
    const verdict = hook(context.view, requestFor(packet, decisions));
    if (isPromise(verdict)) return verdict.then(() => conclude(context, packet, decisions), refuseAll);
  } catch (error) {
    return refuseAll(error);
  }
  conclude(context, packet, decisions);
}

/** Asking for what the CONNACK said is not there is a protocol error (sections 3.2.2.3.11 to 3.2.2.3.13). */
function assertServed(context: ClientContext, packet: SubscribePacket): void {
  const { options, version } = context;
  if (packet.properties?.subscriptionIdentifier !== undefined && !options.subIdAvailable) {
    throw new ProtocolError(
      ReasonCode.SubscriptionIdentifiersNotSupported,
      "subscription identifiers are not available",
    );
  }
  if (version !== 5 || (options.wildcardSubAvailable && options.sharedSubAvailable)) return;
  for (const { filter } of packet.subscriptions) {
    const parsed = parseTopicFilter(filter);
    const refusal = parsed === undefined ? undefined : unavailable(context, parsed);
    if (refusal !== undefined) throw new ProtocolError(refusal.reasonCode, refusal.message);
  }
}

function unavailable(context: ClientContext, parsed: ParsedFilter): MqttError | undefined {
  const { options } = context;
  if (parsed.shareName !== undefined && !options.sharedSubAvailable) {
    const reasonString = "shared subscriptions are not available";
    return new MqttError(ReasonCode.SharedSubscriptionsNotSupported, { reasonString });
  }
  if (parsed.hasWildcard && !options.wildcardSubAvailable) {
    const reasonString = "wildcard subscriptions are not available";
    return new MqttError(ReasonCode.WildcardSubscriptionsNotSupported, { reasonString });
  }
  return undefined;
}

function requestFor(packet: SubscribePacket, decisions: Decisions): SubscribeRequest {
  const subscriptions = new Map<string, SubscriptionRequest>();
  for (const subscription of packet.subscriptions) subscriptions.set(subscription.filter, subscription);
  return {
    packet,
    subscriptions,
    // Of two plugins the stricter one holds.
    grantQoS: (filter, qos) => decisions.granted.set(filter, lowerQoS(qos, decisions.granted.get(filter) ?? qos)),
    reject: (filter, error) => decisions.rejected.set(filter, error),
    setSubscriptionIdentifier: (identifier) => {
      if (!Number.isInteger(identifier) || identifier < 0 || identifier > 268435455) {
        throw new RangeError(`subscription identifier ${identifier} is not between 0 and 268435455`);
      }
      decisions.identifier = identifier;
    },
  };
}

/** Acts filter by filter as if each had come alone [MQTT-3.8.4-5], with one answer. */
function conclude(context: ClientContext, packet: SubscribePacket, decisions: Decisions): void {
  const { broker, connection, session } = context;
  if (connection.ending) return;
  const reasonCodes: number[] = [];
  const made: { subscription: Subscription; existed: boolean }[] = [];
  let properties: RefusalProperties | undefined;
  for (const asked of packet.subscriptions) {
    const refusal = decisions.rejected.get(asked.filter) ?? filterRefusal(context, asked.filter);
    if (refusal !== undefined) {
      properties ??= refusalProperties(refusal);
      // 3.1 has no code for a refusal: the client hears yes and gets nothing.
      reasonCodes.push(context.version === 3 ? asked.qos : subscribeCode(refusal));
      continue;
    }
    const qos = lowest(asked.qos, decisions.granted.get(asked.filter), context.options.maximumQoS);
    const { filter, noLocal, retainAsPublished, retainHandling } = asked;
    const subscriptionIdentifier = decisions.identifier;
    const stored = { filter, qos, noLocal, retainAsPublished, retainHandling, subscriptionIdentifier };
    made.push(broker.subscriptions.subscribe(session, stored));
    reasonCodes.push(qos);
  }
  const { packetId } = packet;
  connection.send({ type: 9, packetId, reasonCodes, ...(properties === undefined ? {} : { properties }) }, true);
  for (const { subscription, existed } of made) {
    sendRetained(broker, session, subscription, existed);
    broker.hooks.onSubscribed?.(context.view, subscription.toStored());
  }
}

function filterRefusal(context: ClientContext, filter: string): MqttError | undefined {
  const { broker, session } = context;
  const parsed = parseTopicFilter(filter);
  if (parsed === undefined) return new MqttError(ReasonCode.TopicFilterInvalid);
  const refusal = unavailable(context, parsed) ?? filterLimit(broker, filter);
  if (refusal !== undefined) return refusal;
  const { maxSubscriptionsPerClient } = broker.config.limits;
  if (session.subscriptions.size >= maxSubscriptionsPerClient && !session.subscriptions.has(filter)) {
    broker.population.limitHit("limits.max_subscriptions_per_client");
    const reasonString = `more than ${maxSubscriptionsPerClient} subscriptions`;
    return new MqttError(ReasonCode.QuotaExceeded, { reasonString });
  }
  return undefined;
}

/** Why a filter is too much for this broker. */
export function filterLimit(broker: BrokerServices, filter: string): MqttError | undefined {
  const { maxTopicLength, maxTopicLevels } = broker.config.limits;
  if (filter.length * 3 > maxTopicLength && Buffer.byteLength(filter) > maxTopicLength) {
    broker.population.limitHit("limits.max_topic_length");
    return new MqttError(ReasonCode.TopicFilterInvalid, {
      reasonString: `filter is longer than ${maxTopicLength} bytes`,
    });
  }
  if (countTopicLevels(filter) > maxTopicLevels) {
    broker.population.limitHit("limits.max_topic_levels");
    return new MqttError(ReasonCode.TopicFilterInvalid, {
      reasonString: `filter has more than ${maxTopicLevels} levels`,
    });
  }
  return undefined;
}

/** Retained messages for a subscription, as its Retain Handling says [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]. */
export function sendRetained(
  broker: BrokerServices,
  session: Session,
  subscription: Subscription & StoredSubscription,
  existed: boolean,
): void {
  if (subscription.shareName !== undefined || subscription.retainHandling === 2) return;
  if (subscription.retainHandling === 1 && existed) return;
  const { retained } = broker;
  const { qos, identifiers } = subscription;
  for (const [limit, slots] of byLimit(broker, session.clientId, retained.matching(subscription.topicFilter))) {
    const messageAt = (index: number) => retained.currentIn(slots[index] as RetainedSlot);
    session.outgoing.replay(new Replay(slots.length, messageAt, lowerQoS(qos, limit), identifiers));
  }
}

/** What a session may get of the retained messages, by the highest QoS for it. */
function byLimit(
  broker: BrokerServices,
  clientId: string,
  slots: readonly RetainedSlot[],
): Map<QoS, readonly RetainedSlot[]> {
  const { filter } = broker.router;
  if (filter === null) return new Map(slots.length === 0 ? [] : [[2, slots]]);
  const sorted = new Map<QoS, RetainedSlot[]>();
  for (const slot of slots) {
    const limit = filter(clientId, slot.topic);
    if (limit === undefined) continue;
    const others = sorted.get(limit);
    if (others === undefined) sorted.set(limit, [slot]);
    else others.push(slot);
  }
  return sorted;
}

function lowest(asked: QoS, granted: QoS | undefined, maximum: QoS): QoS {
  const bounded = lowerQoS(asked, maximum); // [MQTT-3.2.2-10]
  return granted === undefined ? bounded : lowerQoS(granted, bounded);
}
