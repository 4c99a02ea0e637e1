/** The lease on a key prefix: one broker at a time, and what an earlier one still sends is refused by its token. */

import { setTimeout as delay } from "node:timers/promises";
import { ACQUIRE, Outcome, RECLAIM, RELEASE, RENEW } from "../commit/scripts.ts";
import { LAYOUT_VERSION } from "../keys.ts";
import { buryOwner, describeOwner, isDead, ownerName } from "./owner.ts";

/** Runs a script on the broker's key. */
export type RunScript = (script: string, ...args: (string | Buffer)[]) => Promise<readonly unknown[]>;

/** How often, while another's lease runs out, it is looked whether it was renewed: milliseconds. */
const LOOK_AGAIN = 200;

export class Lease {
  readonly #run: RunScript;
  readonly #timeout: number;
  #owner = "";
  #token = 0;

  /** `timeout`: milliseconds that the lease lasts without being renewed. */
  constructor(run: RunScript, timeout: number) {
    this.#run = run;
    this.#timeout = timeout;
  }

  /** Rises with every owner; what every commit carries. */
  get token(): number {
    return this.#token;
  }

  /**
   * Takes the lease. One whose process is known to be dead is taken over at once; one that may be alive is watched until
   * it runs out. Rejects when its owner renews it, or the keys are of another layout.
   */
  async acquire(): Promise<void> {
    this.#owner = describeOwner();
    let dead = "";
    let firstExpiry: number | undefined;
    for (;;) {
      const [outcome, value, expires, left] = await this.#run(
        ACQUIRE,
        this.#owner,
        String(this.#timeout),
        dead,
        String(LAYOUT_VERSION),
      );
      if (outcome === Outcome.Done) {
        this.#token = Number(value);
        return;
      }
      if (outcome === Outcome.OtherLayout) {
        throw new Error(
          `the keys have layout version ${String(value)}, this version of the store has ${LAYOUT_VERSION}`,
        );
      }
      const owner = String(value);
      firstExpiry ??= Number(expires);
      if (Number(expires) > firstExpiry) throw new Error(`another broker uses these keys: ${ownerName(owner)}`);
      if (isDead(owner)) dead = owner;
      else await delay(Math.min(LOOK_AGAIN, Number(left) + 1));
    }
  }

  /** Answers an `Outcome` and the number of the last commit. */
  async renew(): Promise<readonly [outcome: number, value: number]> {
    const [outcome, value] = await this.#run(RENEW, String(this.#token), String(this.#timeout));
    return [Number(outcome), Number(value)];
  }

  /** Takes a store that has forgotten us. False when somebody else has it by now. */
  async reclaim(): Promise<boolean> {
    const args = [String(this.#token), this.#owner, String(this.#timeout), String(LAYOUT_VERSION)];
    const [outcome] = await this.#run(RECLAIM, ...args);
    return outcome === Outcome.Done;
  }

  /** We hold it no more, even if Redis has not been told. */
  abandon(): void {
    buryOwner(this.#owner);
  }

  /** Lets the next broker in at once. */
  async release(): Promise<void> {
    await this.#run(RELEASE, String(this.#token));
  }
}
