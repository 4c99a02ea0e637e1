/** One subscription of one subscriber, parsed and ready for matching. */

import type { QoS, RetainHandling } from "@gmqtt/packets";
import { parseTopicFilter } from "@gmqtt/packets";
import type { StoredSubscription } from "../persistence/persistence.ts";
import type { Subscriber } from "./subscriber.ts";

export class Subscription implements StoredSubscription {
  readonly subscriber: Subscriber;
  /** As in SUBSCRIBE, `$share/...` included; the key within its session. */
  readonly filter: string;
  /** What topics are matched against. */
  readonly topicFilter: string;
  readonly shareName: string | undefined;
  readonly hasWildcard: boolean;
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: RetainHandling;
  readonly subscriptionIdentifier: number;
  /** The identifier as it goes into PUBLISH; undefined without one. */
  readonly identifiers: readonly number[] | undefined;

  /** The filter must be valid. */
  constructor(subscriber: Subscriber, stored: StoredSubscription) {
    const parsed = parseTopicFilter(stored.filter);
    if (parsed === undefined) throw new RangeError(`invalid topic filter ${stored.filter}`);
    this.subscriber = subscriber;
    this.filter = stored.filter;
    this.topicFilter = parsed.filter;
    this.shareName = parsed.shareName;
    this.hasWildcard = parsed.hasWildcard;
    this.qos = stored.qos;
    this.noLocal = stored.noLocal;
    this.retainAsPublished = stored.retainAsPublished;
    this.retainHandling = stored.retainHandling;
    this.subscriptionIdentifier = stored.subscriptionIdentifier;
    this.identifiers = stored.subscriptionIdentifier === 0 ? undefined : [stored.subscriptionIdentifier];
  }

  /** "system" means that the filter starts with `$`; shared ones are always "shared". */
  get kind(): "system" | "shared" | "non-shared" {
    if (this.shareName !== undefined) return "shared";
    return this.topicFilter.startsWith("$") ? "system" : "non-shared";
  }

  toStored(): StoredSubscription {
    return {
      filter: this.filter,
      qos: this.qos,
      noLocal: this.noLocal,
      retainAsPublished: this.retainAsPublished,
      retainHandling: this.retainHandling,
      subscriptionIdentifier: this.subscriptionIdentifier,
    };
  }
}
