/** One broker's share of a virtual clock: when the broker is killed, its timers die with it. */

import type { Clock, ClockTimer } from "@gmqtt/broker";

const NO_TIMER: ClockTimer = { cancel: () => {} };

/** Passes everything on to the clock until `end` is called; from then on no timer of this scope fires. */
export class ClockScope implements Clock {
  readonly #clock: Clock;
  readonly #pending: Set<ClockTimer> = new Set();
  #ended = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimer(delay: number, callback: () => void): ClockTimer {
    if (this.#ended) return NO_TIMER;
    const inner = this.#clock.setTimer(delay, () => {
      this.#pending.delete(inner);
      callback();
    });
    this.#pending.add(inner);
    return {
      cancel: () => {
        this.#pending.delete(inner);
        inner.cancel();
      },
    };
  }

  /** Timers of this scope that wait. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  end(): void {
    this.#ended = true;
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
  }
}
