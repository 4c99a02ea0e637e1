/** Time that passes when the test says so: hours in milliseconds, and every run the same. */

import type { Clock, ClockTimer } from "@gmqtt/broker";
import { TimerQueue } from "./timer-queue.ts";
import { turn } from "./turn.ts";

/** Where the clock stands at first. */
export interface VirtualClockOptions {
  /** Milliseconds since 1970. Default: 1 January 2030, 00:00 UTC. */
  readonly now?: number;
}

/** Something that the clock lets come to rest between two timers; a test broker's activity is one. */
export interface Watched {
  /** True when anything moved since it last came to rest. */
  readonly restless: boolean;
  /** Resolves when nothing moves any more. */
  idle(): Promise<void>;
}

const START = Date.UTC(2030, 0, 1);
/** Far from `now`, so that code that takes one for the other is noticed. */
const MONOTONIC_START = 5_000;
/** A timer takes at least this long, as Node's own. */
const SHORTEST_DELAY = 1;
const LONGEST_DRIVE = 3_600_000;

/** A {@link Clock} that stands still until `advance` is called. */
export class VirtualClock implements Clock {
  readonly #start: number;
  readonly #timers: TimerQueue = new TimerQueue();
  readonly #watched: Set<Watched> = new Set();
  #elapsed = 0;
  #order = 0;
  #advancing = false;

  constructor(options: VirtualClockOptions = {}) {
    this.#start = options.now ?? START;
  }

  now(): number {
    return Math.floor(this.#start + this.#elapsed);
  }

  monotonic(): number {
    return MONOTONIC_START + this.#elapsed;
  }

  setTimer(delay: number, callback: () => void): ClockTimer {
    if (Number.isNaN(delay)) throw new RangeError("a timer needs a delay in milliseconds, got NaN");
    const due = this.#elapsed + Math.max(SHORTEST_DELAY, delay);
    const timer = { due, order: this.#order++, callback, cancelled: false };
    this.#timers.push(timer);
    return {
      cancel: () => {
        timer.cancelled = true;
      },
    };
  }

  /** Timers that wait. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /**
   * Lets `milliseconds` pass. Timers fire in the order of their times; between two of them promises and `setImmediate`
   * callbacks run, and what the clock watches comes to rest. Rejects with what a timer's callback throws, and when the
   * clock is already being advanced.
   */
  async advance(milliseconds: number): Promise<void> {
    if (!(milliseconds >= 0)) throw new RangeError(`time goes forward, not by ${milliseconds} ms`);
    await this.#exclusively(async () => {
      await this.#rest();
      const end = this.#elapsed + milliseconds;
      while (await this.#fireNext(end));
      this.#elapsed = end;
      await this.#rest();
    });
  }

  /**
   * Waits for a promise that may need time to pass, and lets pass as little as it needs. Rejects as the promise does, and
   * when `limit` milliseconds (default: one hour) were not enough.
   */
  async drive<T>(promise: Promise<T>, limit: number = LONGEST_DRIVE): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    promise.then(done, done);
    await this.#exclusively(async () => {
      const end = this.#elapsed + limit;
      await this.#rest();
      while (!settled && (await this.#fireNext(end)));
    });
    if (settled) return promise;
    throw new Error(`still pending after ${limit} ms of virtual time, with nothing left that would move it`);
  }

  /** Lets something come to rest between timers; the returned function ends that. */
  watch(watched: Watched): () => void {
    this.#watched.add(watched);
    return () => this.#watched.delete(watched);
  }

  /** Fires the timer due next, unless that is after `end`; false when there was none. */
  async #fireNext(end: number): Promise<boolean> {
    const timer = this.#timers.peek();
    if (timer === undefined || timer.due > end) return false;
    this.#timers.pop();
    this.#elapsed = Math.max(this.#elapsed, timer.due);
    timer.callback();
    await this.#rest();
    return true;
  }

  /** One turn is enough to see whether a timer set anything in motion; most ticks of a timer wheel don't. */
  async #rest(): Promise<void> {
    await turn();
    for (const watched of this.#watched) {
      if (watched.restless) await watched.idle();
    }
  }

  async #exclusively(work: () => Promise<void>): Promise<void> {
    if (this.#advancing) throw new Error("the clock is already being advanced: await the earlier call first");
    this.#advancing = true;
    try {
      await work();
    } finally {
      this.#advancing = false;
    }
  }
}
