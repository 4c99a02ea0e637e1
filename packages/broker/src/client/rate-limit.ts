/** How much a client may publish: a bucket of messages and one of bytes that fill again with time. */

import { ProtocolError, ReasonCode } from "@gmqtt/packets";

/** Seconds' worth that may come in one go. */
const BURST = 2;

class Bucket {
  readonly #rate: number;
  #level: number;
  #last: number;

  constructor(rate: number, now: number) {
    this.#rate = rate;
    this.#level = rate * BURST;
    this.#last = now;
  }

  /** False when there was not enough. */
  take(amount: number, now: number): boolean {
    this.#level = Math.min(this.#rate * BURST, this.#level + ((now - this.#last) / 1000) * this.#rate);
    this.#last = now;
    // What is larger than a full bucket passes when the bucket is full, or it never would.
    if (this.#level < Math.min(amount, this.#rate * BURST)) return false;
    this.#level -= amount;
    return true;
  }
}

export class RateLimit {
  readonly #messages: Bucket | null;
  readonly #bytes: Bucket | null;
  readonly #monotonic: () => number;
  readonly #onHit: (key: string) => void;

  /** Rates per second; 0: no limit. */
  constructor(messages: number, bytes: number, monotonic: () => number, onHit: (key: string) => void) {
    const now = monotonic();
    this.#messages = messages > 0 ? new Bucket(messages, now) : null;
    this.#bytes = bytes > 0 ? new Bucket(bytes, now) : null;
    this.#monotonic = monotonic;
    this.#onHit = onHit;
  }

  /** Charges one message. Throws `ProtocolError` 0x96 when the client publishes too much. */
  charge(bytes: number): void {
    const now = this.#monotonic();
    if (this.#messages !== null && !this.#messages.take(1, now)) this.#exceeded("limits.publish_rate");
    if (this.#bytes !== null && !this.#bytes.take(bytes, now)) this.#exceeded("limits.publish_bytes_rate");
  }

  #exceeded(key: string): never {
    this.#onHit(key);
    throw new ProtocolError(ReasonCode.MessageRateTooHigh, `${key} exceeded`);
  }
}
