/** Notices a client that has been silent for one and a half times its keep alive (MQTT 5.0 section 3.1.2.10). */

import type { TimerWheel, WheelTimer } from "../timer-wheel.ts";

export class KeepAlive {
  readonly #timer: WheelTimer | null;

  /**
   * `seconds` 0: never. `heardAt` answers when the client was heard last, in monotonic milliseconds: asked for when the
   * time is up, so that no packet has to tell. `expired` is called once [MQTT-3.1.2-22]; while `excused` answers true the
   * client can't be heard.
   */
  constructor(
    seconds: number,
    wheel: TimerWheel,
    monotonic: () => number,
    heardAt: () => number,
    excused: () => boolean,
    expired: () => void,
  ) {
    if (seconds === 0) {
      this.#timer = null;
      return;
    }
    const limit = seconds * 1500;
    let since = monotonic();
    const timer = wheel.after(limit, () => {
      since = excused() ? monotonic() : Math.max(since, heardAt());
      const left = since + limit - monotonic();
      if (left > 0) timer.restart(left);
      else expired();
    });
    this.#timer = timer;
  }

  stop(): void {
    this.#timer?.cancel();
  }
}
