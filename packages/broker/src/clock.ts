/** Time as the broker sees it: one injected clock, so that expiry, keep alive and will delay can be tested in virtual time. */

// V8 looks a lazy global up anew each time; an import is a constant.
import { performance } from "node:perf_hooks";

/**
 * Milliseconds since 1970 when this process began. What there are many of keeps its moments counted from here: for 24 days
 * a small integer, which stands in the field itself, where V8 makes an object of 16 bytes for a moment since 1970.
 */
export const PROCESS_START: number = Date.now();

/** A timer that can be called off. */
export interface ClockTimer {
  cancel(): void;
}

/** The only source of time in the broker. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`; survives a restart, so it is what stores keep. */
  now(): number;
  /** Milliseconds from an arbitrary start that never goes back; for measuring how long something took. */
  monotonic(): number;
  /** Calls back once, `delay` milliseconds from now at the earliest. A pending timer does not keep the process alive. */
  setTimer(delay: number, callback: () => void): ClockTimer;
}

/** Real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer(delay, callback) {
    const timer = setTimeout(callback, delay);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

/**
 * A clock that can be made to stand still: while one chunk is worked off the time is the same for all of its deliveries,
 * and V8 calls the runtime, and that the system, each time it is asked for.
 */
export class SteadyClock implements Clock {
  readonly #clock: Clock;
  /** 0: it runs. */
  #held = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#held > 0 ? this.#held : this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  setTimer(delay: number, callback: () => void): ClockTimer {
    return this.#clock.setTimer(delay, callback);
  }

  /** `now()` gives this until `release`; `monotonic()` goes on. */
  hold(now: number): void {
    this.#held = now;
  }

  release(): void {
    this.#held = 0;
  }
}
