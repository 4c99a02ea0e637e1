/** Commits on their way: numbered, few at a time, in order, kept until Redis has answered for them. */

import { Outcome } from "./scripts.ts";

/** What Redis answers to a commit: an `Outcome`, and the number of the last commit it has. */
export type CommitReply = readonly [outcome: number, committed: number];

/** What the queue needs of the store. */
export interface CommitQueueOptions {
  /** Sends one commit on the present connection; rejects when that broke or Redis refused. */
  readonly send: (number: number, commands: Buffer) => Promise<CommitReply>;
  /** How many may be without an answer; further ones are gathered and go as one. */
  readonly maxOutstanding: number;
  /** Redis did not take a commit. Nothing more is sent until `resume` or `restart`. */
  readonly onTrouble: (trouble: CommitReply | Error) => void;
  readonly onProgress: () => void;
}

/** One commit as it is sent, and sent again. */
interface Frame {
  number: number;
  readonly commands: Buffer;
  readonly done: readonly (() => void)[];
  /** When it was sent last, and first. */
  sentAt: number;
  since: number;
}

interface Waiting {
  readonly commands: Buffer;
  readonly done: () => void;
}

/** So many bytes go into one commit at most, unless one turn alone has more. */
const LARGEST_FRAME = 4 * 1024 * 1024;

export class CommitQueue {
  readonly #options: CommitQueueOptions;
  /** Sent, or to be sent again. */
  #frames: Frame[] = [];
  #waiting: Waiting[] = [];
  #waitingSince = 0;
  #next = 1;
  #committed = 0;
  /** When Redis answered last for a commit. */
  #progressAt = 0;
  #open = false;
  /** Answers to what was sent before the last interruption mean nothing. */
  #epoch = 0;

  constructor(options: CommitQueueOptions) {
    this.#options = options;
  }

  /** Number of the last commit that Redis answered for. */
  get committed(): number {
    return this.#committed;
  }

  /** Since when a sent commit has no answer, on the clock of `performance.now()`; undefined when there is none. */
  get silentSince(): number | undefined {
    return this.#frames[0]?.sentAt;
  }

  /** Since when something waits to be stored and nothing is, however often it was sent; undefined when nothing waits. */
  get stuckSince(): number | undefined {
    const since = this.#frames[0]?.since ?? (this.#waiting.length > 0 ? this.#waitingSince : undefined);
    return since === undefined ? undefined : Math.max(since, this.#progressAt);
  }

  /** Resolves when Redis has it. */
  add(commands: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) this.#waitingSince = performance.now();
      this.#waiting.push({ commands, done: resolve });
      this.#pump();
    });
  }

  /** Resolves when everything added so far is committed. */
  settled(): Promise<void> {
    if (this.#waiting.length === 0 && this.#frames.length === 0) return Promise.resolve();
    return this.add(Buffer.alloc(0));
  }

  /** The connection is gone: what was sent is kept, and sent again. */
  pause(): void {
    this.#open = false;
    this.#epoch++;
  }

  /** Redis is back and has everything up to `committed`: sends the rest again. */
  resume(committed: number): void {
    this.#open = true;
    this.#epoch++;
    this.#release(committed);
    for (const frame of this.#frames) this.#send(frame);
    this.#pump();
  }

  /** Redis counts from 0 again: `first` goes before everything else. */
  restart(first: readonly Buffer[]): void {
    this.#next = 1;
    this.#committed = 0;
    const renewed = first.map((commands): Frame => ({ number: 0, commands, done: [], sentAt: 0, since: 0 }));
    this.#frames = [...renewed, ...this.#frames];
    for (const frame of this.#frames) frame.number = this.#next++;
    this.resume(0);
  }

  #pump(): void {
    while (this.#open && this.#waiting.length > 0 && this.#frames.length < this.#options.maxOutstanding) {
      const frame = this.#gather();
      this.#frames.push(frame);
      this.#send(frame);
    }
  }

  #gather(): Frame {
    let bytes = 0;
    let count = 0;
    for (const { commands } of this.#waiting) {
      if (count > 0 && bytes + commands.length > LARGEST_FRAME) break;
      bytes += commands.length;
      count++;
    }
    const gathered = this.#waiting.splice(0, count);
    const [only] = gathered;
    return {
      number: this.#next++,
      commands:
        count === 1
          ? (only as Waiting).commands
          : Buffer.concat(
              gathered.map(({ commands }) => commands),
              bytes,
            ),
      done: gathered.map(({ done }) => done),
      sentAt: 0,
      since: 0,
    };
  }

  #send(frame: Frame): void {
    const epoch = this.#epoch;
    frame.sentAt = performance.now();
    frame.since ||= frame.sentAt;
    this.#options.send(frame.number, frame.commands).then(
      (reply) => {
        if (epoch !== this.#epoch) return;
        if (reply[0] === Outcome.Done) this.#answered(frame.number);
        else this.#trouble(reply);
      },
      (error: Error) => {
        if (epoch === this.#epoch) this.#trouble(error);
      },
    );
  }

  #answered(number: number): void {
    this.#progressAt = performance.now();
    this.#release(number);
    this.#pump();
    this.#options.onProgress();
  }

  #trouble(trouble: CommitReply | Error): void {
    this.pause();
    this.#options.onTrouble(trouble);
  }

  #release(committed: number): void {
    if (committed > this.#committed) this.#committed = committed;
    let count = 0;
    while (count < this.#frames.length && (this.#frames[count] as Frame).number <= committed) count++;
    const released = count === 0 ? [] : this.#frames.splice(0, count);
    for (const { done } of released) for (const resolve of done) resolve();
  }
}
