/** How Redis does, told once each time that changes: to the broker whether it is there, to people what it refuses. */

import type { Logger } from "@gmqtt/broker";

export class Health {
  readonly #logger: Logger;
  readonly #redis: string;
  readonly #listeners: ((available: boolean) => void)[] = [];
  #available = true;
  #refused = false;

  /** `redis`: where it is, for messages. */
  constructor(logger: Logger, redis: string) {
    this.#logger = logger;
    this.#redis = redis;
  }

  listen(listener: (available: boolean) => void): void {
    this.#listeners.push(listener);
  }

  /** Redis answers, and does not take what it is told. */
  refuses(error: unknown, what: string): void {
    if (!this.#refused) this.#logger.warn({ redis: this.#redis, err: error }, what);
    this.#refused = true;
  }

  /** The connection is there, and Redis is as far as we think it is. */
  agrees(): void {
    if (!this.#refused) this.#logger.info({ redis: this.#redis }, "redis is in step again");
  }

  /** Redis takes what it is told. */
  commits(): void {
    if (this.#refused) this.#logger.info({ redis: this.#redis }, "redis takes commits again");
    this.#refused = false;
    this.tell(true);
  }

  /** Whether the store is available. */
  tell(available: boolean): void {
    if (available === this.#available) return;
    this.#available = available;
    for (const listener of this.#listeners) listener(available);
  }
}
