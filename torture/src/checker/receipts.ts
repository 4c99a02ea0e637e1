/** What arrived at one place, held against what was sent. */

import type { Judge } from "./judge.ts";
import type { Stream, Streams } from "./stream.ts";

/** What one persistent session, or one connection of a clean one, was given. */
export class OrderedReceipts {
  readonly #owner: string;
  readonly #judge: Judge;
  /** Everything that is sent has to arrive; false: from the first message on that happens to. */
  readonly #complete: boolean;
  #last: Map<Stream, number> = new Map();

  constructor(owner: string, judge: Judge, complete: boolean) {
    this.#owner = owner;
    this.#judge = judge;
    this.#complete = complete;
  }

  /** A new connection of a clean session: what happened before does not count. */
  forget(): void {
    this.#last = new Map();
  }

  take(stream: Stream, number: number): void {
    const last = this.#last.get(stream);
    this.#judge.delivered++;
    if (last !== undefined && number <= last) {
      if (stream.qos === 2) this.#judge.violation(`${this.#owner} got ${stream.topic} QoS 2 ${number} after ${last}`);
      else this.#judge.repeated++;
      return;
    }
    const from = last ?? (this.#complete ? 0 : number - 1);
    this.#judgeGap(stream, from + 1, number);
    this.#last.set(stream, number);
  }

  /** At the end everything that was acknowledged is there. */
  finish(streams: Streams): void {
    if (!this.#complete) return;
    for (const stream of streams.all()) this.#judgeGap(stream, (this.#last.get(stream) ?? 0) + 1, stream.sent + 1);
  }

  /** True when nothing that was acknowledged is missing any more. */
  isComplete(streams: Streams): boolean {
    if (!this.#complete) return true;
    for (const stream of streams.all()) {
      for (let number = (this.#last.get(stream) ?? 0) + 1; number <= stream.sent; number++) {
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
      `${this.#owner} missed ${missing} acknowledged messages of ${stream.topic} QoS ${stream.qos} among ${range}`,
    );
  }
}

/** What the members of a shared subscription were given together; order is not promised among them. */
export class SharedReceipts {
  readonly #judge: Judge;
  readonly #counts: Map<Stream, Uint8Array> = new Map();

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  take(member: string, stream: Stream, number: number): void {
    this.#judge.delivered++;
    let counts = this.#counts.get(stream);
    if (counts === undefined || number >= counts.length) {
      const longer = new Uint8Array(Math.max(1024, number * 2));
      if (counts !== undefined) longer.set(counts);
      counts = longer;
      this.#counts.set(stream, counts);
    }
    const before = counts[number] as number;
    counts[number] = Math.min(255, before + 1);
    if (before === 0) return;
    if (stream.qos === 1) this.#judge.repeated++;
    else
      this.#judge.violation(`${member} of the shared group got ${stream.topic} QoS 2 ${number}, as another did before`);
  }

  isComplete(streams: Streams): boolean {
    return this.#missing(streams).length === 0;
  }

  finish(streams: Streams): void {
    for (const missing of this.#missing(streams)) this.#judge.violation(`the shared group missed ${missing}`);
  }

  #missing(streams: Streams): string[] {
    const missing: string[] = [];
    for (const stream of streams.all()) {
      const counts = this.#counts.get(stream);
      for (let number = 1; number <= stream.sent; number++) {
        if (stream.isAcknowledged(number) && (counts?.[number] ?? 0) === 0) {
          missing.push(`${stream.topic} QoS ${stream.qos} ${number}`);
        }
      }
    }
    return missing;
  }
}
