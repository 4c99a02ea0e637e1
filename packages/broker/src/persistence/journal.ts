/** Gathers the changes of a turn, commits them as one batch, and says when what they imply may leave the broker. */

import { type Awaitable, isPromise } from "../awaitable.ts";
import type { Clock } from "../clock.ts";
import type { Logger } from "../logger.ts";
import type { Persistence, StoreChange } from "./persistence.ts";

const RETRY_DELAY = 1000;

/** Waits for commits. */
export interface CommitWaiter {
  /** All batches up to and including `batch` are committed. */
  committed(batch: number): void;
}

/** What the journal needs of the broker. */
export interface JournalOptions {
  readonly persistence: Persistence;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Asks for `commit` at the end of this turn. */
  readonly schedule: () => void;
  /** Largest number of changes outstanding before `congested` turns true. */
  readonly maxPending: () => number;
}

/** Changes that are committed together. */
interface Batch {
  readonly number: number;
  readonly changes: readonly StoreChange[];
  /** When it was first handed to the store. */
  readonly start: number;
  done: boolean;
}

export class Journal {
  readonly durable: boolean;
  /** False while the store is away for longer than a moment: what comes is not going to be committed soon. */
  available = true;
  readonly #options: JournalOptions;
  #changes: StoreChange[] = [];
  /** Number of the batch that is being gathered. */
  #gathering = 1;
  #committed = 0;
  /** Batches not yet committed, in order. */
  #outstanding: Batch[] = [];
  /** Rises with each failure: what earlier attempts answer from then on means nothing. */
  #attempt = 0;
  /** A batch failed and is going to be tried again; those behind it wait, so that the order stays. */
  #stalled = false;
  #pending = 0;
  #congested = false;
  #closed = false;
  readonly #waiters: Set<CommitWaiter> = new Set();
  readonly #observers: ((milliseconds: number) => void)[] = [];
  #settling: { readonly batch: number; readonly resolve: () => void }[] = [];
  #relief: (() => void)[] = [];

  constructor(options: JournalOptions) {
    this.#options = options;
    this.durable = options.persistence.durable;
  }

  /** Too much is outstanding: publishers of QoS 1 and 2 are paused until it is not. */
  get congested(): boolean {
    return this.#congested;
  }

  /** Changes recorded and not yet committed. */
  get pending(): number {
    return this.#pending;
  }

  /** The store has not been asked yet for everything that was recorded: a read now would miss some of it. */
  get stalled(): boolean {
    return this.#stalled;
  }

  /** The batch that what was recorded so far will be committed with; 0 when all of it is committed. */
  get awaited(): number {
    if (this.#changes.length > 0) return this.#gathering;
    return this.#committed === this.#gathering - 1 ? 0 : this.#gathering - 1;
  }

  record(change: StoreChange): void {
    if (!this.durable || this.#closed) return;
    this.#changes.push(change);
    this.#pending++;
    if (this.#changes.length === 1) this.#options.schedule();
    if (!this.#congested && this.#pending > this.#options.maxPending()) this.#congested = true;
  }

  /** `waiter` is told of every commit until it is forgotten. */
  wait(waiter: CommitWaiter): void {
    this.#waiters.add(waiter);
  }

  forget(waiter: CommitWaiter): void {
    this.#waiters.delete(waiter);
  }

  /** Resolves when congestion ends; a publisher waits for it. */
  relieved(): Promise<void> {
    return new Promise((resolve) => this.#relief.push(resolve));
  }

  /** Calls back with the duration of every commit, in milliseconds. */
  observe(callback: (milliseconds: number) => void): void {
    this.#observers.push(callback);
  }

  /** Hands the gathered changes to the store. Called at the end of each turn, and before a read. */
  commit(): void {
    if (this.#changes.length === 0) return;
    const start = this.#options.clock.monotonic();
    const batch = { number: this.#gathering++, changes: this.#changes, start, done: false };
    this.#changes = [];
    this.#outstanding.push(batch);
    if (!this.#stalled) this.#issue(batch);
  }

  /** Resolves when everything recorded so far is committed. */
  settled(): Promise<void> {
    this.commit();
    const batch = this.awaited;
    if (batch === 0 || this.#closed) return Promise.resolve();
    return new Promise((resolve) => this.#settling.push({ batch, resolve }));
  }

  /** Nothing is recorded or tried again from here on. */
  close(): void {
    this.#closed = true;
    for (const { resolve } of this.#settling) resolve();
    for (const resolve of this.#relief) resolve();
    this.#settling = [];
    this.#relief = [];
  }

  #issue(batch: Batch): void {
    const attempt = this.#attempt;
    let result: Awaitable<void>;
    try {
      result = this.#options.persistence.commit(batch.changes);
    } catch (error) {
      this.#failed(attempt, error);
      return;
    }
    if (!isPromise(result)) {
      this.#done(batch, attempt);
      return;
    }
    result.then(
      () => this.#done(batch, attempt),
      (error: unknown) => this.#failed(attempt, error),
    );
  }

  /** Everything not yet released is tried again, in order: changes may be repeated, but never swapped. */
  #failed(attempt: number, error: unknown): void {
    if (this.#closed || attempt !== this.#attempt) return;
    this.#attempt++;
    this.#stalled = true;
    const fields = { err: error, batches: this.#outstanding.length, changes: this.#pending };
    this.#options.logger.error(fields, "store did not commit, trying again");
    this.#options.clock.setTimer(RETRY_DELAY, () => this.#tryAgain());
  }

  #tryAgain(): void {
    if (this.#closed) return;
    this.#stalled = false;
    const attempt = this.#attempt;
    for (const batch of [...this.#outstanding]) {
      if (attempt !== this.#attempt) return; // failed again at once
      batch.done = false;
      this.#issue(batch);
    }
  }

  #done(batch: Batch, attempt: number): void {
    if (attempt !== this.#attempt) return;
    batch.done = true;
    const took = this.#options.clock.monotonic() - batch.start;
    for (const observer of this.#observers) observer(took);
    const before = this.#committed;
    while (this.#outstanding[0]?.done === true) {
      const { changes, number } = this.#outstanding.shift() as Batch;
      this.#committed = number;
      this.#pending -= changes.length;
    }
    if (this.#committed !== before) this.#release();
  }

  #release(): void {
    for (const waiter of this.#waiters) waiter.committed(this.#committed);
    if (this.#congested && this.#pending <= this.#options.maxPending() / 2) {
      this.#congested = false;
      const relief = this.#relief;
      this.#relief = [];
      for (const resolve of relief) resolve();
    }
    while (this.#settling[0] !== undefined && this.#settling[0].batch <= this.#committed) {
      this.#settling.shift()?.resolve();
    }
  }
}
