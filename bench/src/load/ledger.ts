/** Keeps count of which message of which publisher came to which subscriber: what was lost, what came twice or late. */

/** What one arrival means for the publisher's window. */
export interface Ledger {
  /** Notes message `sequence` of `publisher` at `subscriber`; answers how many places in the window it frees. */
  note(subscriber: number, publisher: number, sequence: number): number;
  /** Messages that came a second time, or after a later one. */
  readonly repeated: number;
  readonly received: number;
}

/** Each subscriber gets each message in order: the next sequence number is known. */
export class OrderedLedger implements Ledger {
  readonly #next: Uint32Array;
  readonly #publishers: number;
  repeated = 0;
  received = 0;

  constructor(subscribers: number, publishers: number) {
    this.#next = new Uint32Array(subscribers * publishers);
    this.#publishers = publishers;
  }

  note(subscriber: number, publisher: number, sequence: number): number {
    const at = subscriber * this.#publishers + publisher;
    const ahead = (sequence - this.#next[at]!) | 0;
    if (ahead < 0) {
      this.repeated++;
      return 0;
    }
    this.received++;
    this.#next[at] = sequence + 1;
    return ahead + 1;
  }
}

/** Messages that are remembered for each publisher; no window is as wide. */
const REMEMBERED = 8192;

/** Messages come in any order, to anybody, as in a shared subscription: what came is remembered for a while. */
export class UnorderedLedger implements Ledger {
  readonly #seen: Uint32Array;
  readonly #remembered: number;
  repeated = 0;
  received = 0;

  constructor(publishers: number, remembered: number = REMEMBERED) {
    this.#seen = new Uint32Array(publishers * remembered);
    this.#remembered = remembered;
  }

  note(_subscriber: number, publisher: number, sequence: number): number {
    const at = publisher * this.#remembered + (sequence % this.#remembered);
    if (this.#seen[at] === sequence + 1) {
      this.repeated++;
      return 0;
    }
    this.#seen[at] = sequence + 1;
    this.received++;
    return 1;
  }
}
