/** Writes every connection's gathered output once per event-loop turn, and earlier in a turn that gets long. */

import { emptyArray } from "../empty-array.ts";
import { forgetLatestFrames } from "../latest-frames.ts";
import { TurnBudget } from "./turn-budget.ts";

/** Something with output to write. */
export interface Flushable {
  flush(): void;
}

/** A turn is cut when routing has gone on for this long ... */
const SHORTEST_SLICE = 0.5;
/** ... but not before it lasted this many times what writing took the last time, or writing would eat the turn. */
const SLICE_PER_FLUSH = 3;
/** How many packets pass between two looks at the clock; a message to many counts as one for each of them. */
const LOOK_EVERY = 32;

/** Writing goes on in the next turn after this long: milliseconds. */
const LONGEST_WRITING = 10;
/** How many connections are written between two looks at the clock. */
const WRITTEN_PER_LOOK = 16;

/** Where there is nothing to do for so long between two chunks, on average, they have no turn to share: milliseconds. */
const LULL = 0.1;
/** While connections pour in, what they are answered waits for one another: milliseconds. */
const LONGEST_WAIT = 1;

/** How much one lull counts in the average; and a long silence counts no more than this many milliseconds. */
const LULL_WEIGHT = 1 / 16;
const LONGEST_LULL = 1;

export class FlushScheduler {
  /** How long this turn may work on what was received. */
  readonly budget: TurnBudget;
  readonly #monotonic: () => number;
  /** When work began on the chunk that came last. */
  #lastChunk = 0;
  /** When it was done, and how long it lasts on average until another comes. */
  #idleSince = 0;
  #averageLull = 0;
  /** A chunk is being worked off whose output is written right behind it. */
  #direct = false;
  #beforeFlush: (() => void) | null = null;
  #dirty: Flushable[] = [];
  /** Whom the flush that is going on writes, and how many of them it has; 0 between two. */
  #flushing: Flushable[] = [];
  #written = 0;
  #scheduled = false;
  #turnStart = 0;
  #packets = 0;
  /** The turn is to be cut behind the chunk that is being worked off. */
  #due = false;
  #lastFlush = 0;
  /** A connection came in since the last look: another may be waiting. */
  #arrived = false;
  readonly #run: () => void = () => {
    if (this.#arrived && this.#monotonic() - this.#turnStart < LONGEST_WAIT) {
      this.#arrived = false;
      setImmediate(this.#run);
      return;
    }
    this.#scheduled = false;
    this.flush();
  };

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
    // The budget looks at the clock when work on a chunk is done: one look serves both.
    this.budget = new TurnBudget(() => {
      this.#idleSince = monotonic();
      return this.#idleSince;
    });
  }

  /** Runs before each flush; the journal commits the turn's changes there. */
  set beforeFlush(callback: () => void) {
    this.#beforeFlush = callback;
  }

  /** Has the connection flushed at the end of this turn. The caller adds itself once per flush. */
  add(connection: Flushable): void {
    this.#dirty.push(connection);
    if (!this.#direct) this.schedule();
  }

  /**
   * A connection was accepted. Node accepts one a turn, so that in a storm of them each CONNACK would be written alone
   * and wake its client alone: a turn with a connection is followed by another before what it caused is written.
   */
  accepted(): void {
    this.#arrived = true;
  }

  /**
   * Work on a received chunk begins. When there is time between chunks, waiting for the end of the turn gathers nothing and
   * costs a wake-up: what this one causes is then written at once, by `endChunk`. How far apart they begin does not tell:
   * where each of them takes long there is everything to gather.
   */
  beginChunk(now: number): void {
    this.#lastChunk = now;
    const lull = Math.min(LONGEST_LULL, Math.max(0, now - this.#idleSince));
    this.#averageLull += (lull - this.#averageLull) * LULL_WEIGHT;
    this.#direct = this.#averageLull > LULL && !this.#scheduled;
    this.budget.begin(now);
  }

  endChunk(): void {
    if (this.#direct) {
      this.#direct = false;
      this.flush();
    } else if (this.#due) this.flush();
    this.budget.end();
  }

  /** Has a flush happen at the end of this turn, even if there is no output yet. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#turnStart = this.#monotonic();
    setImmediate(this.#run);
  }

  /**
   * Called after each packet: a long fan-out does not wait for its last receiver. True: the turn has lasted long enough,
   * and what else is there had better wait for the next.
   */
  afterPacket(): boolean {
    if (++this.#packets < LOOK_EVERY) return false;
    this.#packets = 0;
    const now = this.#monotonic();
    const slice = Math.max(SHORTEST_SLICE, this.#lastFlush * SLICE_PER_FLUSH);
    if (this.#scheduled && now - this.#turnStart > slice) {
      // Two writes instead of one, which a client answers with two: not in the middle of a chunk, if that is short.
      if (now - this.#lastChunk > SHORTEST_SLICE) this.flush();
      else this.#due = true;
    }
    return this.budget.exhausted(now);
  }

  /** A message went to many receivers, which is as much work as so many packets. */
  fannedOut(receivers: number): void {
    this.#packets += receivers;
  }

  /**
   * Writes what waits. What takes too long goes on in the next turn, and no packets are worked on before it is done: they
   * would give each connection a little more, and the same bytes would take more writes.
   */
  flush(): void {
    this.#due = false;
    forgetLatestFrames();
    this.#beforeFlush?.();
    if (this.#written === 0) {
      if (this.#dirty.length === 0) return;
      [this.#dirty, this.#flushing] = [this.#flushing, this.#dirty];
      this.#lastFlush = 0;
      this.#arrived = false;
    }
    this.#write();
    if (this.#written > 0) this.budget.hold();
    else this.budget.release();
    // Whoever asked between two parts of a flush has found it scheduled.
    if (this.#written > 0 || this.#dirty.length > 0) this.schedule();
  }

  /** One way for one connection and for thousands: what V8 meets for the first time throws compiled code away. */
  #write(): void {
    const flushing = this.#flushing;
    const start = this.#monotonic();
    let written = this.#written;
    let now = start;
    while (written < flushing.length && now - start < LONGEST_WRITING) {
      const end = Math.min(flushing.length, written + WRITTEN_PER_LOOK);
      while (written < end) (flushing[written++] as Flushable).flush();
      now = this.#monotonic();
    }
    this.#turnStart = now;
    this.#lastFlush += now - start;
    if (written === flushing.length) {
      emptyArray(flushing);
      written = 0;
    }
    this.#written = written;
  }
}
