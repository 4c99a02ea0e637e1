/** The retained messages that one new subscription is owed, taken out one by one. */

import type { QoS } from "@gmqtt/packets";
import type { Message } from "../message.ts";

export class Replay {
  /** How many topics it has. */
  readonly count: number;
  readonly qos: QoS;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  readonly #messageAt: (index: number) => Message | undefined;
  #position = 0;

  /**
   * `messageAt` gives the retained message of one of `count` topics as it is when its turn comes; a live one is never
   * followed by an older.
   */
  constructor(
    count: number,
    messageAt: (index: number) => Message | undefined,
    qos: QoS,
    subscriptionIdentifiers: readonly number[] | undefined,
  ) {
    this.count = count;
    this.#messageAt = messageAt;
    this.qos = qos;
    this.subscriptionIdentifiers = subscriptionIdentifiers;
  }

  /** The next message, undefined at the end. */
  next(): Message | undefined {
    while (this.#position < this.count) {
      const message = this.#messageAt(this.#position++);
      if (message !== undefined) return message;
    }
    return undefined;
  }
}
