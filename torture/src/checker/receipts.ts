/** What arrived at one place, held against what was sent. */

import type { Judge } from "./judge.ts";
import { Numbers } from "./numbers.ts";
import type { Stream, Streams } from "./stream.ts";

interface Received {
  /** The first that came, and the highest. */
  readonly first: number;
  last: number;
  readonly numbers: Numbers;
}

/** What one persistent session, or one connection of a clean one, was given. */
export class OrderedReceipts {
  readonly #owner: string;
  readonly #judge: Judge;
  /** Everything that is sent has to arrive; false: from the first message on that happens to. */
  readonly #complete: boolean;
  #received: Map<Stream, Received> = new Map();

  constructor(owner: string, judge: Judge, complete: boolean) {
    this.#owner = owner;
    this.#judge = judge;
    this.#complete = complete;
  }

  /** A new connection of a clean session: what happened before does not count. */
  forget(): void {
    this.#received = new Map();
  }

  take(stream: Stream, number: number): void {
    this.#judge.delivered++;
    this.#judge.check("order");
    if (stream.qos === 2) this.#judge.check("once");
    const received = this.#received.get(stream);
    if (received === undefined) {
      if (this.#complete) this.#judgeGap(stream, 1, number);
      const numbers = new Numbers();
      numbers.add(number);
      this.#received.set(stream, { first: number, last: number, numbers });
      return;
    }
    const { first, last, numbers } = received;
    const repeated = !numbers.add(number);
    if (number > last) {
      this.#judgeGap(stream, last + 1, number);
      received.last = number;
      return;
    }
    const what = `${this.#owner} got ${stream.topic} QoS ${stream.qos} ${number}`;
    if (repeated && stream.qos === 2) this.#judge.violation("once", `${what} twice, the second time after ${last}`);
    else if (repeated) this.#judge.repeated++;
    else if (stream.qos === 2 || this.#complete || number > first) {
      // A clean session may have begun between a message and its repetition, so it may see one from before its first.
      this.#judge.violation("order", `${what} for the first time after ${last}`);
    }
  }

  /** At the end everything that was acknowledged is there. */
  finish(streams: Streams): void {
    if (!this.#complete) return;
    for (const stream of streams.all()) {
      this.#judgeGap(stream, (this.#received.get(stream)?.last ?? 0) + 1, stream.sent + 1);
      this.#judge.check("kept", stream.acknowledged);
    }
  }

  /** True when nothing that was acknowledged is missing any more. */
  isComplete(streams: Streams): boolean {
    if (!this.#complete) return true;
    for (const stream of streams.all()) {
      for (let number = (this.#received.get(stream)?.last ?? 0) + 1; number <= stream.sent; number++) {
        if (stream.isAcknowledged(number)) return false;
      }
    }
    return true;
  }

  /** The missing ones may be such that nobody was told they are safe. */
  #judgeGap(stream: Stream, first: number, end: number): void {
    let missing = 0;
    for (let number = first; number < end; number++) if (stream.isAcknowledged(number)) missing++;
    if (missing === 0) return;
    const range = `${first} to ${end - 1}`;
    this.#judge.violation(
      "kept",
      `${this.#owner} missed ${missing} acknowledged messages of ${stream.topic} QoS ${stream.qos} among ${range}`,
    );
  }
}

/** What the members of a shared subscription were given together; order is not promised among them. */
export class SharedReceipts {
  readonly #judge: Judge;
  readonly #received: Map<Stream, Numbers> = new Map();

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  take(member: string, stream: Stream, number: number): void {
    this.#judge.delivered++;
    let numbers = this.#received.get(stream);
    if (numbers === undefined) {
      numbers = new Numbers();
      this.#received.set(stream, numbers);
    }
    if (numbers.add(number)) return;
    if (stream.qos === 1) this.#judge.repeated++;
    else {
      const what = `${member} of the shared group got ${stream.topic} QoS 2 ${number}, as one did before`;
      this.#judge.violation("shared", what);
    }
  }

  isComplete(streams: Streams): boolean {
    return this.#missing(streams).length === 0;
  }

  finish(streams: Streams): void {
    for (const missing of this.#missing(streams)) this.#judge.violation("shared", `the shared group missed ${missing}`);
    for (const stream of streams.all()) this.#judge.check("shared", stream.acknowledged);
  }

  #missing(streams: Streams): string[] {
    const missing: string[] = [];
    for (const stream of streams.all()) {
      const numbers = this.#received.get(stream);
      for (let number = 1; number <= stream.sent; number++) {
        if (stream.isAcknowledged(number) && numbers?.has(number) !== true) {
          missing.push(`${stream.topic} QoS ${stream.qos} ${number}`);
        }
      }
    }
    return missing;
  }
}
