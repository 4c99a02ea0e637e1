/** The messages of one publisher with one topic and QoS: numbered from 1, in the order they were sent. */

/** What is known of a message; 0 when nobody can say whether it arrives. */
const ACKNOWLEDGED = 1;

export class Stream {
  readonly topic: string;
  readonly qos: 1 | 2;
  #sent = 0;
  #acknowledged = 0;
  #states: Uint8Array = new Uint8Array(1024);

  constructor(topic: string, qos: 1 | 2) {
    this.topic = topic;
    this.qos = qos;
  }

  /** Number of the last message sent. */
  get sent(): number {
    return this.#sent;
  }

  /** How many were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Number of the next message. */
  next(): number {
    this.#sent++;
    if (this.#sent >= this.#states.length) {
      const longer = new Uint8Array(this.#states.length * 2);
      longer.set(this.#states);
      this.#states = longer;
    }
    return this.#sent;
  }

  acknowledge(number: number): void {
    if (this.#states[number] !== ACKNOWLEDGED) this.#acknowledged++;
    this.#states[number] = ACKNOWLEDGED;
  }

  /** It has to arrive. */
  isAcknowledged(number: number): boolean {
    return this.#states[number] === ACKNOWLEDGED;
  }

  payload(number: number): Buffer {
    return Buffer.from(`${this.topic} ${this.qos} ${number}`);
  }
}

/** The streams by the payload's beginning. */
export class Streams {
  readonly #streams: Map<string, Stream> = new Map();

  add(stream: Stream): Stream {
    this.#streams.set(`${stream.topic} ${stream.qos}`, stream);
    return stream;
  }

  /** Which message it is; undefined for none of ours. */
  read(payload: Uint8Array): { readonly stream: Stream; readonly number: number } | undefined {
    const text = Buffer.from(payload).toString();
    const end = text.lastIndexOf(" ");
    const stream = this.#streams.get(text.slice(0, end));
    return stream === undefined ? undefined : { stream, number: Number(text.slice(end + 1)) };
  }

  all(): IterableIterator<Stream> {
    return this.#streams.values();
  }
}
