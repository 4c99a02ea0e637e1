/** Notices a client that has been silent for one and a half times its keep alive (MQTT 5.0 section 3.1.2.10). */

import type { TimerWheel, WheelTimer } from "../timer-wheel.ts";

export class KeepAlive {
  readonly #limit: number;
  readonly #timer: WheelTimer | null;
  #last: number;

  /** `seconds` 0: never. `expired` is called once [MQTT-3.1.2-22]; while `excused` answers true the client can't be heard. */
  constructor(
    seconds: number,
    wheel: TimerWheel,
    monotonic: () => number,
    excused: () => boolean,
    expired: () => void,
  ) {
    this.#limit = seconds * 1500;
    this.#last = monotonic();
    if (seconds === 0) {
      this.#timer = null;
      return;
    }
    const timer = wheel.after(this.#limit, () => {
      if (excused()) this.#last = monotonic();
      const left = this.#last + this.#limit - monotonic();
      if (left > 0) timer.restart(left);
      else expired();
    });
    this.#timer = timer;
  }

  /** Something was received at this monotonic time. */
  heard(at: number): void {
    this.#last = at;
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
