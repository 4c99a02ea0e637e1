/** The answer to "who gets a message on this topic", found once and kept until subscriptions change. */

import type { QoS } from "@gmqtt/packets";
import { lowerQoS } from "../qos.ts";
import type { DeliveryFilter } from "./delivery-filter.ts";
import type { FilterEntry, FilterIndex } from "./filter-index.ts";
import type { SharedGroup } from "./shared-group.ts";
import type { Subscriber } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";

/** One copy for one subscriber, and what it carries. */
export class Receiver {
  readonly subscriber: Subscriber;
  readonly qos: QoS;
  readonly retainAsPublished: boolean;
  readonly identifiers: readonly number[] | undefined;
  /** Some of the subscriptions behind this are No Local: for the subscriber's own messages look at them one by one. */
  readonly local: readonly Subscription[] | null;

  constructor(
    subscriber: Subscriber,
    qos: QoS,
    retainAsPublished: boolean,
    identifiers: readonly number[] | undefined,
    local: readonly Subscription[] | null,
  ) {
    this.subscriber = subscriber;
    this.qos = qos;
    this.retainAsPublished = retainAsPublished;
    this.identifiers = identifiers;
    this.local = local;
  }
}

/** Several receivers, groups that each choose one, or nobody. */
export class Receivers {
  readonly all: readonly Receiver[];
  readonly groups: readonly SharedGroup[];

  constructor(all: readonly Receiver[], groups: readonly SharedGroup[]) {
    this.all = all;
    this.groups = groups;
  }
}

/** One receiver is his own route (docs/performance.md, "Each object is waited for"). */
export type Route = Receiver | Receivers;

/** Which subscriptions count. */
export interface RouteOptions {
  /** One copy per matching subscription instead of one per subscriber. */
  readonly overlap: boolean;
  readonly system: boolean;
  readonly shared: boolean;
  readonly nonShared: boolean;
}

const NOBODY: Route = new Receivers([], []);

/** Finds the receivers of a topic among all kinds of subscriptions. */
export function findRoute(index: FilterIndex, topic: string, overlap: boolean, filter: DeliveryFilter | null): Route {
  const entries: FilterEntry[] = [];
  index.match(topic, entries);
  const first = entries[0];
  if (first === undefined) return NOBODY;
  const options = { overlap, system: true, shared: true, nonShared: true };
  if (filter !== null || entries.length > 1) return routeOf(entries, topic, options, filter);
  // A client subscribes to one filter once: the route is the same with and without overlap, and for every topic.
  first.route ??= routeOf(entries, topic, options, null);
  return first.route;
}

/** Finds the receivers of a topic among some kinds of subscriptions. */
export function findNarrowedRoute(
  index: FilterIndex,
  topic: string,
  options: RouteOptions,
  filter: DeliveryFilter | null,
): Route {
  const entries: FilterEntry[] = [];
  index.match(topic, entries);
  return routeOf(entries, topic, options, filter);
}

function routeOf(
  entries: readonly FilterEntry[],
  topic: string,
  options: RouteOptions,
  filter: DeliveryFilter | null,
): Route {
  const bySubscriber = new Map<Subscriber, Subscription[]>();
  const groups: SharedGroup[] = [];
  for (const entry of entries) {
    if (options.shared && entry.groups !== null) groups.push(...entry.groups.values());
    const present: Subscription[] = [];
    entry.appendTo(present);
    for (const subscription of present) {
      if (!(subscription.kind === "system" ? options.system : options.nonShared)) continue;
      const others = bySubscriber.get(subscription.subscriber);
      if (others === undefined) bySubscriber.set(subscription.subscriber, [subscription]);
      else others.push(subscription);
    }
  }
  const receivers: Receiver[] = [];
  for (const [subscriber, subscriptions] of bySubscriber) {
    const limit = filter === null ? 2 : filter(subscriber.clientId, topic);
    if (limit === undefined) continue;
    if (options.overlap) for (const subscription of subscriptions) receivers.push(merge([subscription], limit));
    else receivers.push(merge(subscriptions, limit));
  }
  const only = receivers.length === 1 && groups.length === 0 ? receivers[0] : undefined;
  return only ?? new Receivers(receivers, groups);
}

/**
 * One copy at the highest QoS with all identifiers [MQTT-3.3.4-2] [MQTT-3.3.4-4]; RETAIN is kept if any of them keeps it.
 * `limit` is the highest QoS that a delivery filter leaves.
 */
export function merge(subscriptions: readonly Subscription[], limit: QoS): Receiver {
  const first = subscriptions[0] as Subscription;
  if (subscriptions.length === 1) {
    const local = first.noLocal ? subscriptions : null;
    return new Receiver(
      first.subscriber,
      lowerQoS(first.qos, limit),
      first.retainAsPublished,
      first.identifiers,
      local,
    );
  }
  let qos = first.qos;
  let retainAsPublished = false;
  let noLocal = false;
  const identifiers: number[] = [];
  for (const subscription of subscriptions) {
    if (subscription.qos > qos) qos = subscription.qos;
    retainAsPublished ||= subscription.retainAsPublished;
    noLocal ||= subscription.noLocal;
    if (subscription.subscriptionIdentifier !== 0) identifiers.push(subscription.subscriptionIdentifier);
  }
  return new Receiver(
    first.subscriber,
    lowerQoS(qos, limit),
    retainAsPublished,
    identifiers.length === 0 ? undefined : identifiers,
    noLocal ? subscriptions : null,
  );
}
