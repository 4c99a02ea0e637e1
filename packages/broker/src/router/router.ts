/** From a message to its receivers. */

import { parseTopicFilter, type QoS, TopicTable } from "@gmqtt/packets";
import type { Message } from "../message.ts";
import { combineFilters, type DeliveryFilter } from "./delivery-filter.ts";
import { type FilterEntry, FilterIndex } from "./filter-index.ts";
import { findNarrowedRoute, findRoute, merge, Receiver, type Route, type RouteOptions } from "./route.ts";
import { RouteCache } from "./route-cache.ts";
import type { SharedGroup } from "./shared-group.ts";
import type { Subscriber } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";

/** Narrows matching for one message; see `IterationOptions` of the hooks. */
export type RouteKinds = Omit<RouteOptions, "overlap">;

export class Router {
  readonly #index: FilterIndex = new FilterIndex();
  readonly #cache: RouteCache;
  readonly #overlap: () => boolean;
  #shared = 0;
  #filters: readonly DeliveryFilter[] = [];
  #filter: DeliveryFilter | null = null;

  /**
   * `overlap` tells the delivery mode in force; after it changed, `forgetRoutes` has to be called. `topics` is the table by
   * which topic names are decoded.
   */
  constructor(overlap: () => boolean, topics: TopicTable<Route> = new TopicTable()) {
    this.#overlap = overlap;
    this.#cache = new RouteCache(topics);
  }

  /** How many subscriptions are shared ones. */
  get sharedSubscriptions(): number {
    return this.#shared;
  }

  /** Asked who may receive what; null when nobody wants to be. */
  get filter(): DeliveryFilter | null {
    return this.#filter;
  }

  addFilter(filter: DeliveryFilter): void {
    this.#setFilters([...this.#filters, filter]);
  }

  removeFilter(filter: DeliveryFilter): void {
    this.#setFilters(this.#filters.filter((other) => other !== filter));
  }

  add(subscription: Subscription): void {
    if (subscription.shareName !== undefined) this.#shared++;
    if (this.#index.add(subscription)) this.#changed(subscription);
  }

  remove(subscription: Subscription): void {
    if (subscription.shareName !== undefined) this.#shared--;
    if (this.#index.remove(subscription)) this.#changed(subscription);
  }

  /** The group that a shared subscription belongs to. */
  groupOf(subscription: Subscription): SharedGroup | undefined {
    const { shareName, topicFilter, hasWildcard } = subscription;
    return shareName === undefined ? undefined : this.#index.group(topicFilter, shareName, hasWildcard);
  }

  /** The group that members of `$share/name/filter` make; undefined when there are none, or for any other filter. */
  groupNamed(filter: string): SharedGroup | undefined {
    const parsed = parseTopicFilter(filter);
    if (parsed?.shareName === undefined) return undefined;
    return this.#index.group(parsed.filter, parsed.shareName, parsed.hasWildcard);
  }

  /** The route of a topic was found before and holds: its name has been checked against the limits. */
  knows(topic: string): boolean {
    return this.#cache.get(topic) !== undefined;
  }

  route(topic: string): Route {
    const cached = this.#cache.get(topic);
    if (cached !== undefined) return cached;
    const route = findRoute(this.#index, topic, this.#overlap(), this.#filter);
    this.#cache.set(topic, route);
    return route;
  }

  /** Hands the message to everybody it concerns; answers how many subscribers that are. */
  publish(message: Message, kinds?: RouteKinds): number {
    const route =
      kinds === undefined
        ? this.route(message.topic)
        : findNarrowedRoute(this.#index, message.topic, { ...kinds, overlap: this.#overlap() }, this.#filter);
    if (route instanceof Receiver) return deliver(route, message) ? 1 : 0;
    const { all, groups } = route;
    let reached = 0;
    for (let index = 0; index < all.length; index++) {
      if (deliver(all[index] as Receiver, message)) reached++;
    }
    for (let index = 0; index < groups.length; index++) {
      if ((groups[index] as SharedGroup).deliver(message, this.#filter)) reached++;
    }
    return reached;
  }

  forgetRoutes(): void {
    this.#cache.clear();
  }

  *subscriptions(): IterableIterator<Subscription> {
    for (const entry of this.#index.entries()) {
      const present: Subscription[] = [];
      entry.appendTo(present);
      yield* present;
      if (entry.groups === null) continue;
      for (const group of entry.groups.values()) yield* group.members();
    }
  }

  /** Subscriptions whose filter matches a topic name. */
  matching(topic: string): Subscription[] {
    const entries: FilterEntry[] = [];
    this.#index.match(topic, entries);
    const found: Subscription[] = [];
    for (const entry of entries) {
      entry.appendTo(found);
      if (entry.groups !== null) for (const group of entry.groups.values()) found.push(...group.members());
    }
    return found;
  }

  #setFilters(filters: readonly DeliveryFilter[]): void {
    this.#filters = filters;
    this.#filter = combineFilters(filters);
    this.#cache.clear();
  }

  #changed(subscription: Subscription): void {
    if (subscription.hasWildcard) this.#cache.clear();
    else this.#cache.delete(subscription.topicFilter);
  }
}

/** False when it is the subscriber's own message and he does not want it. */
function deliver(receiver: Receiver, message: Message): boolean {
  const { identifiers, local, qos, subscriber } = receiver;
  if (local !== null && subscriber.clientId === message.publisher) return deliverLocally(local, message, qos);
  subscriber.deliver(message, qos, message.retain && receiver.retainAsPublished, identifiers, undefined);
  return true;
}

/** The subscriber's own message: No Local subscriptions don't count [MQTT-3.8.3-3]. */
function deliverLocally(subscriptions: readonly Subscription[], message: Message, limit: QoS): boolean {
  const counting = subscriptions.filter((subscription) => !subscription.noLocal);
  if (counting.length === 0) return false;
  const receiver = merge(counting, limit);
  const subscriber: Subscriber = receiver.subscriber;
  const retain = message.retain && receiver.retainAsPublished;
  subscriber.deliver(message, receiver.qos, retain, receiver.identifiers, undefined);
  return true;
}
