/** Commits on their way: numbered, few at a time, in order, kept until Redis has answered for them. */

import { BufferPool } from "./buffer-pool.ts";
import { CommitBytes } from "./commit-bytes.ts";
import { Outcome } from "./scripts.ts";

/** What Redis answers to a commit: an `Outcome`, and the number of the last commit it has. */
export type CommitReply = readonly [outcome: number, committed: number];

/** What the queue needs of the store. */
export interface CommitQueueOptions {
  /** Sends one commit on the present connection, perhaps `again`; rejects when that broke or Redis refused. */
  readonly send: (number: number, bytes: CommitBytes, again: boolean) => Promise<CommitReply>;
  /** Once Redis has answered for a commit that was sent once, nobody reads its bytes any more. */
  readonly reusesBytes: boolean;
  /** Bytes to be left free in front of the commands of a commit. */
  readonly headroom: number;
  /** How many may be without an answer; further ones are gathered and go as one. */
  readonly maxOutstanding: number;
  /** Redis did not take a commit. Nothing more is sent until `resume` or `restart`. */
  readonly onTrouble: (trouble: CommitReply | Error) => void;
  readonly onProgress: () => void;
}

/** One commit as it is gathered, sent, and sent again. */
interface Frame {
  /** 0: not sent yet. */
  number: number;
  readonly bytes: CommitBytes;
  readonly done: (() => void)[];
  /** When it was sent last, and first. */
  sentAt: number;
  since: number;
}

/** So many bytes go into one commit at most, unless one turn alone has more. */
const LARGEST_FRAME = 4 * 1024 * 1024;

export class CommitQueue {
  readonly #options: CommitQueueOptions;
  readonly #pool: BufferPool = new BufferPool();
  /** Sent, or to be sent again. */
  #frames: Frame[] = [];
  /** Not sent yet; what comes is added to the last one. */
  #waiting: Frame[] = [];
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

  /** Resolves when Redis has it. The commands are copied at once. */
  add(commands: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) this.#waitingSince = performance.now();
      this.#gather(commands, resolve);
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
    for (const frame of this.#frames) this.#send(frame, frame.sentAt > 0);
    this.#pump();
  }

  /** Redis counts from 0 again: `first` goes before everything else. */
  restart(first: readonly Buffer[]): void {
    this.#next = 1;
    this.#committed = 0;
    const renewed = first.map((commands) => this.#frame(commands));
    this.#frames = [...renewed, ...this.#frames];
    for (const frame of this.#frames) frame.number = this.#next++;
    this.resume(0);
  }

  #pump(): void {
    while (this.#open && this.#waiting.length > 0 && this.#frames.length < this.#options.maxOutstanding) {
      const frame = this.#waiting.shift() as Frame;
      frame.number = this.#next++;
      this.#frames.push(frame);
      this.#send(frame, false);
    }
  }

  #gather(commands: Uint8Array, done: () => void): void {
    let frame = this.#waiting.at(-1);
    if (frame !== undefined && frame.bytes.length + commands.length <= LARGEST_FRAME) frame.bytes.append(commands);
    else {
      frame = this.#frame(commands);
      this.#waiting.push(frame);
    }
    frame.done.push(done);
  }

  #frame(commands: Uint8Array): Frame {
    const bytes = new CommitBytes(this.#pool, this.#options.headroom, commands.length);
    bytes.append(commands);
    return { number: 0, bytes, done: [], sentAt: 0, since: 0 };
  }

  #send(frame: Frame, again: boolean): void {
    const epoch = this.#epoch;
    frame.sentAt = performance.now();
    frame.since ||= frame.sentAt;
    this.#options.send(frame.number, frame.bytes, again).then(
      (reply) => {
        if (epoch !== this.#epoch) return;
        if (reply[0] !== Outcome.Done) {
          this.#trouble(reply);
          return;
        }
        // Redis has read to its end what was sent once, so no connection holds it. Of one sent again, an earlier one may.
        if (this.#options.reusesBytes && !again) frame.bytes.free();
        this.#answered(frame.number);
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
