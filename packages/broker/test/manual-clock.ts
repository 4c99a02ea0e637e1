/** A clock that stands still until it is told to go on; timers fire while it goes, synchronously and in their order. */

import type { Clock, ClockTimer } from "../src/clock.ts";

interface Waiting {
  readonly at: number;
  readonly callback: () => void;
}

export class ManualClock implements Clock {
  /** What `now` says at monotonic 0. */
  readonly epoch: number;
  #elapsed = 0;
  #waiting: Waiting[] = [];

  constructor(epoch = 1_700_000_000_000) {
    this.epoch = epoch;
  }

  now(): number {
    return this.epoch + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#waiting.length;
  }

  setTimer(delay: number, callback: () => void): ClockTimer {
    const timer = { at: this.#elapsed + delay, callback };
    this.#waiting.push(timer);
    return {
      cancel: () => {
        this.#waiting = this.#waiting.filter((other) => other !== timer);
      },
    };
  }

  /** Lets so many milliseconds pass. */
  advance(milliseconds: number): void {
    const end = this.#elapsed + milliseconds;
    for (;;) {
      const due = this.#waiting.filter(({ at }) => at <= end);
      const [next] = due.sort((left, right) => left.at - right.at);
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.callback();
    }
    this.#elapsed = end;
  }
}
