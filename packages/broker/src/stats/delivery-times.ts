/** Times one message of many, from the socket it came in by to the sockets it goes out by. */

/** A message that is timed. */
export interface Timing {
  /** Monotonic milliseconds. */
  readonly arrivedAt: number;
}

export class DeliveryTimes {
  readonly #monotonic: () => number;
  #observer: ((milliseconds: number) => void) | undefined;
  /** 0: nobody wants to know. */
  #oneOf = 0;
  #passed = 0;
  #since = 0;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  /** Chunks that arrive get a time. */
  get active(): boolean {
    return this.#oneOf > 0;
  }

  observe(oneOf: number, observer: ((milliseconds: number) => void) | undefined): void {
    if (!Number.isInteger(oneOf) || oneOf < 1) throw new RangeError(`one of ${oneOf} messages can't be timed`);
    this.#observer = observer;
    this.#oneOf = observer === undefined ? 0 : oneOf;
    this.#passed = oneOf - 1; // the first one is timed
    this.#since = this.#monotonic();
  }

  /** The timing of a message that came by this connection, if it is this one's turn. */
  choose(source: Timing): Timing | null {
    if (this.#oneOf === 0 || ++this.#passed < this.#oneOf) return null;
    const { arrivedAt } = source;
    if (arrivedAt < this.#since) return null;
    this.#passed = 0;
    return { arrivedAt };
  }

  /** The bytes for one receiver were handed to its socket. */
  delivered(arrivedAt: number): void {
    this.#observer?.(this.#monotonic() - arrivedAt);
  }
}
