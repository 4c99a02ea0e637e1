/** The members of one shared subscription, and whose turn it is (MQTT 5.0 section 4.8.2). */

import type { QoS } from "@gmqtt/packets";
import type { Message } from "../message.ts";
import { lowerQoS } from "../qos.ts";
import type { DeliveryFilter } from "./delivery-filter.ts";
import type { Subscriber } from "./subscriber.ts";
import type { Subscription } from "./subscription.ts";

export class SharedGroup {
  /** `$share/name/filter`: with the filter, what makes a group [a group per full string]. */
  readonly filter: string;
  readonly #members: Subscription[] = [];
  #turn = 0;

  constructor(filter: string) {
    this.filter = filter;
  }

  get size(): number {
    return this.#members.length;
  }

  members(): readonly Subscription[] {
    return this.#members;
  }

  add(subscription: Subscription): void {
    this.#members.push(subscription);
  }

  remove(subscription: Subscription): void {
    const index = this.#members.indexOf(subscription);
    if (index < 0) return;
    this.#members.splice(index, 1);
    if (index < this.#turn) this.#turn--;
  }

  /**
   * The member a message goes to, in turn: one that can take it at once; else one that is connected; else one that is
   * away, whose session keeps it. Who is not `eligible` is passed over.
   */
  pick(eligible?: (subscriber: Subscriber) => boolean): Subscription | undefined {
    const index = this.#find(eligible);
    return index < 0 ? undefined : this.#take(index);
  }

  /** The member that a message on this topic would go to now; nobody's turn passes. */
  peek(topic: string, filter: DeliveryFilter | null): Subscription | undefined {
    return this.#members[this.#find((subscriber) => limitOf(filter, subscriber, topic) !== undefined)];
  }

  #find(eligible: ((subscriber: Subscriber) => boolean) | undefined): number {
    const members = this.#members;
    const count = members.length;
    let connected = -1;
    let away = -1;
    for (let step = 0; step < count; step++) {
      const index = (this.#turn + step) % count;
      const { subscriber } = members[index] as Subscription;
      if (eligible !== undefined && !eligible(subscriber)) continue;
      if (subscriber.connected) {
        if (subscriber.hasRoom) return index;
        if (connected < 0) connected = index;
      } else if (away < 0) away = index;
    }
    return connected >= 0 ? connected : away;
  }

  /**
   * Hands the message to a member that `filter` lets have it, other than `except`, which could not finish it. False when
   * there is none.
   */
  deliver(message: Message, filter: DeliveryFilter | null, except?: Subscriber): boolean {
    const { topic } = message;
    const anybody = filter === null && except === undefined;
    const member = anybody
      ? this.pick()
      : this.pick((subscriber) => subscriber !== except && limitOf(filter, subscriber, topic) !== undefined);
    if (member === undefined) return false;
    member.subscriber.deliver(
      message,
      filter === null ? member.qos : lowerQoS(member.qos, limitOf(filter, member.subscriber, topic) ?? 0),
      message.retain && member.retainAsPublished,
      member.identifiers,
      this.filter,
    );
    return true;
  }

  #take(index: number): Subscription {
    this.#turn = index + 1 === this.#members.length ? 0 : index + 1;
    return this.#members[index] as Subscription;
  }
}

function limitOf(filter: DeliveryFilter | null, subscriber: Subscriber, topic: string): QoS | undefined {
  return filter === null ? 2 : filter(subscriber.clientId, topic);
}
