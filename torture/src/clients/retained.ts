/** Who publishes retained messages, and who looks at them. */

import type { PublishPacket } from "@gmqtt/packets";
import type { Disturbances } from "../checker/disturbances.ts";
import type { Stream } from "../checker/stream.ts";
import type { PeerOptions } from "./peer.ts";
import { Publisher } from "./publisher.ts";
import { Subscriber } from "./subscriber.ts";

/** So many messages, then a rest: what is lost must not be replaced before somebody has looked. */
const MESSAGES = 20;
const SHORTEST_REST = 5000;
const LONGEST_REST = 12_000;
/** Every so many messages the retained message is removed. */
const REMOVED_EVERY = 7;
/** After so long without a disturbance everything retained has been sent: milliseconds. */
const SETTLED = 2500;

/** Publishes retained messages, removing them now and then, with rests. */
export class RetainedPublisher extends Publisher {
  readonly #retained: readonly Stream[];
  #left = MESSAGES;
  #restUntil = 0;

  constructor(options: PeerOptions, streams: readonly Stream[]) {
    super(options, streams);
    this.#retained = streams;
  }

  override tick(): void {
    if (!this.connected || this.open > 0 || Date.now() < this.#restUntil) return;
    if (--this.#left === 0) {
      this.#left = MESSAGES;
      this.#restUntil = Date.now() + this.options.random.between(SHORTEST_REST, LONGEST_REST);
    }
    const stream = this.options.random.pick(this.#retained);
    const number = stream.next();
    const payload = number % REMOVED_EVERY === 0 ? Buffer.alloc(0) : stream.payload(number);
    this.publish({ stream, number, payload, retain: true, released: false });
  }
}

/** Subscribes anew again and again and holds what it is given against what was acknowledged before. */
export class RetainedReader extends Subscriber {
  readonly #streams: readonly Stream[];
  readonly #disturbances: Disturbances;
  /** Last acknowledged number by stream, from before the subscription. */
  #floor: Map<Stream, number> = new Map();
  #first: Map<string, number> = new Map();
  #timer: NodeJS.Timeout | undefined;
  #onReading: (() => void)[] = [];

  constructor(options: PeerOptions, streams: readonly Stream[], disturbances: Disturbances) {
    super(options, ["r/#"], 1, {
      message: (packet) => this.#message(packet),
      connected: () => this.#begin(),
    });
    this.#streams = streams;
    this.#disturbances = disturbances;
  }

  /** Resolves after a reading that begins from now on. */
  readAgain(): Promise<void> {
    this.drop();
    return new Promise((resolve) => this.#onReading.push(resolve));
  }

  #begin(): void {
    this.#floor = new Map(this.#streams.map((stream) => [stream, lastAcknowledged(stream)]));
    this.#first = new Map();
    const begun = Date.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (!this.connected) return;
      if (this.#disturbances.calm(begun, Date.now())) this.#judge();
      this.drop();
    }, SETTLED);
  }

  protected override onDisconnected(): void {
    clearTimeout(this.#timer);
    super.onDisconnected();
  }

  #message(packet: PublishPacket): void {
    const text = Buffer.from(packet.payload).toString();
    if (!this.#first.has(packet.topic)) {
      // What comes without RETAIN is no answer to the subscription; then there was nothing retained.
      this.#first.set(packet.topic, packet.retain ? Number(text.slice(text.lastIndexOf(" ") + 1)) : 0);
    }
  }

  #judge(): void {
    for (const resolve of this.#onReading) resolve();
    this.#onReading = [];
    for (const [stream, floor] of this.#floor) {
      this.options.judge.check("retained");
      const got = this.#first.get(stream.topic) ?? 0;
      if (got >= floor || (got === 0 && mayBeRemoved(floor, stream.sent))) continue;
      this.options.judge.violation(
        "retained",
        `retained message of ${stream.topic} is ${got || "missing"}, ${floor} was acknowledged`,
      );
    }
  }
}

/** One publisher with one message at a time: all up to this one have an answer. */
function lastAcknowledged(stream: Stream): number {
  for (let number = stream.sent; number > 0; number--) if (stream.isAcknowledged(number)) return number;
  return 0;
}

/** One of the messages from the last acknowledged to the last sent removes it. */
function mayBeRemoved(from: number, to: number): boolean {
  for (let number = from; number <= to; number++) if (number % REMOVED_EVERY === 0) return true;
  return false;
}
