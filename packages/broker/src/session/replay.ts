/** The retained messages that one new subscription is owed, taken out one by one. */

import type { QoS } from "@gmqtt/packets";
import type { Message } from "../message.ts";

export class Replay {
  readonly qos: QoS;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  readonly #topics: readonly string[];
  readonly #lookUp: (topic: string) => Message | undefined;
  #position = 0;

  /** `lookUp` gives the retained message of a topic as it is when its turn comes; a live one is never followed by an older. */
  constructor(
    topics: readonly string[],
    qos: QoS,
    subscriptionIdentifiers: readonly number[] | undefined,
    lookUp: (topic: string) => Message | undefined,
  ) {
    this.#topics = topics;
    this.qos = qos;
    this.subscriptionIdentifiers = subscriptionIdentifiers;
    this.#lookUp = lookUp;
  }

  /** The next message, undefined at the end. */
  next(): Message | undefined {
    while (this.#position < this.#topics.length) {
      const message = this.#lookUp(this.#topics[this.#position++] as string);
      if (message !== undefined) return message;
    }
    return undefined;
  }
}
