/** Whether anything still moves in a test broker: what lets a test wait for quiet instead of for time. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Awaitable } from "@gmqtt/broker";
import type { Pace } from "./client/pace.ts";
import { turn } from "./clock/turn.ts";
import type { Watched } from "./clock/virtual-clock.ts";

/** So many turns of the event loop without a move are quiet: longer than any chain of promises that a broker has. */
const QUIET_TURNS = 8;
/** Real milliseconds; something that still moves after this long never ends by itself. */
const ENDLESS = 20_000;

/**
 * Counts what moves (bytes, commits, hook calls) and keeps count of real work that is under way, such as a hook that
 * hashes a password in another thread.
 */
export class Activity implements Pace, Watched {
  /** Real milliseconds that `idle` waits for real work. */
  readonly #patience: number;
  /** Real work and how long it is waited for. */
  readonly #underWay: Map<object, number> = new Map();
  #moves = 0;
  #restedAt = 0;

  constructor(patience: number) {
    this.#patience = patience;
  }

  get restless(): boolean {
    return this.#moves !== this.#restedAt;
  }

  moved(): void {
    this.#moves++;
  }

  /**
   * Notes a call and, when it answers with a promise, waits for it in `idle`: `patience` real milliseconds, by default as
   * long as for a hook. Returns what it was given.
   */
  track<T>(result: Awaitable<T>, patience: number = this.#patience): Awaitable<T> {
    this.#moves++;
    if (!(result instanceof Promise)) return result;
    const work = {};
    this.#underWay.set(work, patience);
    const done = () => {
      this.#underWay.delete(work);
      this.#moves++;
    };
    result.then(done, done);
    return result;
  }

  async idle(): Promise<void> {
    await this.until(() => false);
  }

  async until(ready: () => boolean): Promise<boolean> {
    const started = performance.now();
    let quiet = 0;
    while (!ready()) {
      const before = this.#moves;
      await turn();
      quiet = this.#moves === before ? quiet + 1 : 0;
      const waited = performance.now() - started;
      if (waited > ENDLESS) throw new Error(`the broker did not come to rest within ${ENDLESS / 1000} s`);
      if (quiet < QUIET_TURNS) continue;
      if (waited < Math.max(0, ...this.#underWay.values())) {
        await sleep(1);
        continue;
      }
      // Whatever did not finish in time waits for the clock or for ever: it is not waited for again.
      this.#underWay.clear();
      this.#restedAt = this.#moves;
      return ready();
    }
    return true;
  }

  settle(): Promise<void> {
    return this.idle();
  }
}
