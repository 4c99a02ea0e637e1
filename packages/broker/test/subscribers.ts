/** Subscribers that note what is delivered to them, and random topics and filters that often meet. */

import fc from "fast-check";
import type { Message } from "../src/message.ts";
import type { Subscriber } from "../src/router/subscriber.ts";
import { Subscription } from "../src/router/subscription.ts";

/** A subscriber that notes `topic qos retain [identifiers] filter`, each only where there is something to note. */
export class RecordingSubscriber implements Subscriber {
  readonly clientId: string;
  connected = true;
  hasRoom = true;
  readonly delivered: string[] = [];

  constructor(clientId: string) {
    this.clientId = clientId;
  }

  deliver(
    message: Message,
    qos: 0 | 1 | 2,
    retain: boolean,
    identifiers: readonly number[] | undefined,
    sharedFilter: string | undefined,
  ): void {
    const parts = [message.topic, `qos${qos}`];
    if (retain) parts.push("retain");
    if (identifiers !== undefined) parts.push(`[${identifiers.join()}]`);
    if (sharedFilter !== undefined) parts.push(sharedFilter);
    this.delivered.push(parts.join(" "));
  }
}

/** What a test says of a subscription; the rest is off. */
export interface SubscriptionOptions {
  readonly qos?: 0 | 1 | 2;
  readonly noLocal?: boolean;
  readonly retainAsPublished?: boolean;
  readonly subscriptionIdentifier?: number;
}

/** QoS 0 unless said otherwise. */
export function subscription(
  subscriber: Subscriber,
  filter: string,
  { noLocal = false, qos = 0, retainAsPublished = false, subscriptionIdentifier = 0 }: SubscriptionOptions = {},
): Subscription {
  const stored = { filter, qos, noLocal, retainAsPublished, retainHandling: 0, subscriptionIdentifier } as const;
  return new Subscription(subscriber, stored);
}

const level = fc.constantFrom("a", "b", "", "$", "$SYS", "é");

/** Topic names of few levels from a small alphabet. */
export const topicName: fc.Arbitrary<string> = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join("/"))
  .filter((topic) => topic !== "");

/** Topic filters of the same kind, half of them with wildcards. */
export const topicFilter: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: level }, { weight: 1, arbitrary: fc.constant("+") }), { maxLength: 4 }),
    fc.boolean(),
  )
  .map(([levels, open]) => [...levels, ...(open || levels.length === 0 ? ["#"] : [])].join("/"))
  .filter((filter) => filter !== "");
