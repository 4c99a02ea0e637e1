/** Makes and ends subscriptions: in the session, for the router, in the store, and in the counts. */

import type { Journal } from "../persistence/journal.ts";
import type { StoredSubscription } from "../persistence/persistence.ts";
import type { PopulationCounters } from "../stats/stats.ts";
import type { Router } from "./router.ts";
import type { Subscriber } from "./subscriber.ts";
import { Subscription } from "./subscription.ts";

/** Who keeps subscriptions; sessions do. */
export interface SubscriptionOwner {
  readonly clientId: string;
  /** Takes what is sent to the subscriptions. */
  readonly outgoing: Subscriber;
  readonly subscriptions: Map<string, Subscription>;
  /** Subscriptions ever made, replaced ones not counted. */
  subscriptionsTotal: number;
  readonly persistent: boolean;
}

export class SubscriptionTable {
  readonly #router: Router;
  readonly #journal: Journal;
  readonly #population: PopulationCounters;

  constructor(router: Router, journal: Journal, population: PopulationCounters) {
    this.#router = router;
    this.#journal = journal;
    this.#population = population;
  }

  /** Adds a subscription, or replaces the one with the same filter [MQTT-3.8.4-3]; the filter must be valid. */
  subscribe(owner: SubscriptionOwner, stored: StoredSubscription): { subscription: Subscription; existed: boolean } {
    const subscription = new Subscription(owner.outgoing, stored);
    const present = owner.subscriptions.get(stored.filter);
    if (present !== undefined) this.#router.remove(present);
    else {
      this.#population.subscriptionsCurrent++;
      this.#population.subscriptionsTotal++;
      owner.subscriptionsTotal++;
    }
    owner.subscriptions.set(stored.filter, subscription);
    this.#router.add(subscription);
    if (owner.persistent) {
      const change = {
        type: "subscription-put",
        clientId: owner.clientId,
        subscription: subscription.toStored(),
      } as const;
      this.#journal.record(change);
    }
    return { subscription, existed: present !== undefined };
  }

  /** Puts back what a store kept. */
  restore(owner: SubscriptionOwner, stored: StoredSubscription): void {
    const subscription = new Subscription(owner.outgoing, stored);
    owner.subscriptions.set(stored.filter, subscription);
    this.#router.add(subscription);
    this.#population.subscriptionsCurrent++;
  }

  /** False when there was none; filters are compared character by character [MQTT-3.10.4-1]. */
  unsubscribe(owner: SubscriptionOwner, filter: string): boolean {
    const subscription = owner.subscriptions.get(filter);
    if (subscription === undefined) return false;
    owner.subscriptions.delete(filter);
    this.#router.remove(subscription);
    this.#population.subscriptionsCurrent--;
    if (owner.persistent) this.#journal.record({ type: "subscription-delete", clientId: owner.clientId, filter });
    return true;
  }

  /** All of a session that ends; the store forgets them with the session. */
  dropAll(owner: SubscriptionOwner): void {
    for (const subscription of owner.subscriptions.values()) this.#router.remove(subscription);
    this.#population.subscriptionsCurrent -= owner.subscriptions.size;
    owner.subscriptions.clear();
  }
}
