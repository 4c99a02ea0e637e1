/** Ends connections when the login that let them in ends (0x87). */

import { type Client, type Clock, type ClockTimer, ReasonCode } from "@gmqtt/broker";

/** Longer than this no timer of Node runs, ms. */
const LONGEST = 2 ** 31 - 1;

export class Expiries {
  readonly #clock: Clock;
  readonly #timers: Map<Client, ClockTimer> = new Map();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `expiresAt` in milliseconds since 1970. */
  arm(client: Client, expiresAt: number): void {
    const left = expiresAt - this.#clock.now();
    const timer = this.#clock.setTimer(Math.max(0, Math.min(left, LONGEST)), () => {
      if (this.#clock.now() < expiresAt) {
        this.arm(client, expiresAt);
        return;
      }
      this.#timers.delete(client);
      client.disconnect({ reasonCode: ReasonCode.NotAuthorized, properties: { reasonString: "login has expired" } });
    });
    this.#timers.set(client, timer);
  }

  /** The client is gone. */
  disarm(client: Client): void {
    this.#timers.get(client)?.cancel();
    this.#timers.delete(client);
  }

  close(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }
}
