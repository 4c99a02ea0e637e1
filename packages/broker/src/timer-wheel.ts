/** One coarse timer for everything that expires: keep alive, wills, sessions, retained messages, hook timeouts. */

import type { Clock, ClockTimer } from "./clock.ts";

const SLOTS = 512;
const TICK = 100;

/** Something that waits on the wheel; `cancel` may be called any number of times, also after it fired. */
export class WheelTimer implements ClockTimer {
  /** @internal */ tick = 0;
  /** @internal */ slot = -1;
  /** @internal */ previous: WheelTimer | null = null;
  /** @internal */ next: WheelTimer | null = null;
  readonly #wheel: TimerWheel;
  readonly callback: () => void;

  constructor(wheel: TimerWheel, callback: () => void) {
    this.#wheel = wheel;
    this.callback = callback;
  }

  get pending(): boolean {
    return this.slot >= 0;
  }

  cancel(): void {
    this.#wheel.remove(this);
  }

  /** Moves the timer to `delay` milliseconds from now, whether or not it was pending. */
  restart(delay: number): void {
    this.#wheel.remove(this);
    this.#wheel.insert(this, delay);
  }
}

/**
 * A hashed timing wheel: arming and cancelling cost a list operation, whatever is waiting. Fires never before the
 * delay has passed and at most one tick (100 ms) after it. Nothing ticks while nothing waits.
 */
export class TimerWheel {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #slots: (WheelTimer | null)[] = new Array<WheelTimer | null>(SLOTS).fill(null);
  readonly #origin: number;
  /** The last tick that was worked off. */
  #current = 0;
  #size = 0;
  #driver: ClockTimer | null = null;
  /** The tick that the driver waits for. */
  #driverTick = 0;
  #stopped = false;

  /** `onError` is told what a callback threw; the other timers go on. */
  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock;
    this.#onError = onError;
    this.#origin = clock.monotonic();
  }

  /** Timers that wait. */
  get size(): number {
    return this.#size;
  }

  /** Calls `callback` once, `delay` milliseconds from now. */
  after(delay: number, callback: () => void): WheelTimer {
    const timer = new WheelTimer(this, callback);
    this.insert(timer, delay);
    return timer;
  }

  /** Forgets every timer; later ones are never fired. */
  stop(): void {
    this.#stopped = true;
    this.#driver?.cancel();
    this.#driver = null;
    this.#slots.fill(null);
    this.#size = 0;
  }

  /** @internal */
  insert(timer: WheelTimer, delay: number): void {
    if (this.#stopped) return;
    const due = this.#clock.monotonic() - this.#origin + Math.max(0, delay);
    timer.tick = Math.max(this.#current + 1, Math.ceil(due / TICK));
    timer.slot = timer.tick % SLOTS;
    const head = this.#slots[timer.slot] ?? null;
    timer.next = head;
    timer.previous = null;
    if (head !== null) head.previous = timer;
    this.#slots[timer.slot] = timer;
    this.#size++;
    if (this.#driver !== null && timer.tick < this.#driverTick) {
      this.#driver.cancel();
      this.#driver = null;
    }
    this.#drive();
  }

  /** @internal */
  remove(timer: WheelTimer): void {
    if (timer.slot < 0 || this.#stopped) return;
    if (timer.previous !== null) timer.previous.next = timer.next;
    else if (this.#slots[timer.slot] === timer) this.#slots[timer.slot] = timer.next;
    if (timer.next !== null) timer.next.previous = timer.previous;
    timer.slot = -1;
    timer.previous = null;
    timer.next = null;
    this.#size--;
  }

  /** Sleeps until the next tick that somebody may wait in; an idle broker is not woken ten times a second. */
  #drive(): void {
    if (this.#driver !== null || this.#stopped || this.#size === 0) return;
    const elapsed = this.#clock.monotonic() - this.#origin;
    // A wheel that was empty stood still: catch up without walking the ticks nobody waited in.
    if (this.#size === 1) this.#current = Math.max(this.#current, Math.floor(elapsed / TICK) - 1);
    let tick = this.#current + 1;
    while (this.#slots[tick % SLOTS] === null) tick++;
    this.#driverTick = tick;
    this.#driver = this.#clock.setTimer(Math.max(1, tick * TICK - elapsed), () => {
      this.#driver = null;
      this.#advance();
      this.#drive();
    });
  }

  #advance(): void {
    const target = Math.floor((this.#clock.monotonic() - this.#origin) / TICK);
    while (this.#current < target && this.#size > 0) {
      this.#current++;
      this.#fire(this.#current);
    }
    if (this.#current < target) this.#current = target;
  }

  #fire(tick: number): void {
    const due: WheelTimer[] = [];
    for (let timer = this.#slots[tick % SLOTS] ?? null; timer !== null; timer = timer.next) {
      if (timer.tick <= tick) due.push(timer);
    }
    // Armed later stands nearer to the head: fire in the order of arming.
    for (let index = due.length - 1; index >= 0; index--) {
      const timer = due[index] as WheelTimer;
      if (!timer.pending || timer.tick > tick) continue;
      this.remove(timer);
      try {
        timer.callback();
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}
