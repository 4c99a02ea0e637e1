/** Gathers the changes of a turn, commits them as one batch, and says when what they imply may leave the broker. */

import { isPromise } from "../awaitable.ts";
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

export class Journal {
  readonly durable: boolean;
  readonly #options: JournalOptions;
  #changes: StoreChange[] = [];
  /** Number of the batch that is being gathered. */
  #batch = 1;
  #committed = 0;
  #pending = 0;
  #congested = false;
  #closed = false;
  readonly #waiters: Set<CommitWaiter> = new Set();
  #idle: (() => void)[] = [];
  /** Milliseconds the last commit took, for metrics. */
  readonly #latencyObservers: ((milliseconds: number) => void)[] = [];
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

  /** The batch that what was recorded so far will be committed with; 0 when all of it is committed. */
  get awaited(): number {
    if (this.#changes.length > 0) return this.#batch;
    return this.#committed === this.#batch - 1 ? 0 : this.#batch - 1;
  }

  record(change: StoreChange): void {
    if (!this.durable || this.#closed) return;
    this.#changes.push(change);
    this.#pending++;
    if (this.#changes.length === 1) this.#options.schedule();
    if (!this.#congested && this.#pending > this.#options.maxPending()) this.#congested = true;
  }

  /** `waiter` is told of every commit until it is removed. */
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
    this.#latencyObservers.push(callback);
  }

  /** Hands the gathered changes to the store. Called at the end of each turn, and before a read. */
  commit(): void {
    if (this.#changes.length === 0) return;
    const changes = this.#changes;
    const batch = this.#batch++;
    this.#changes = [];
    this.#attempt(changes, batch, this.#options.clock.monotonic());
  }

  /** Resolves when everything recorded so far is committed. */
  settled(): Promise<void> {
    this.commit();
    if (this.awaited === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Nothing is recorded or tried again from here on. */
  close(): void {
    this.#closed = true;
    for (const resolve of [...this.#idle, ...this.#relief]) resolve();
    this.#idle = [];
    this.#relief = [];
  }

  #attempt(changes: readonly StoreChange[], batch: number, start: number): void {
    let result: void | Promise<void>;
    try {
      result = this.#options.persistence.commit(changes);
    } catch (error) {
      this.#retry(changes, batch, start, error);
      return;
    }
    if (!isPromise(result)) {
      this.#done(changes.length, batch, start);
      return;
    }
    result.then(
      () => this.#done(changes.length, batch, start),
      (error: unknown) => this.#retry(changes, batch, start, error),
    );
  }

  #retry(changes: readonly StoreChange[], batch: number, start: number, error: unknown): void {
    if (this.#closed) return;
    this.#options.logger.error({ err: error, changes: changes.length }, "store did not commit, trying again");
    this.#options.clock.setTimer(RETRY_DELAY, () => this.#attempt(changes, batch, start));
  }

  /** A batch that succeeds while an earlier one is tried again waits for it: what is released is always a prefix. */
  readonly #early: Set<number> = new Set();

  #done(changes: number, batch: number, start: number): void {
    this.#pending -= changes;
    const took = this.#options.clock.monotonic() - start;
    for (const observer of this.#latencyObservers) observer(took);
    this.#early.add(batch);
    const before = this.#committed;
    while (this.#early.delete(this.#committed + 1)) this.#committed++;
    if (this.#committed === before) return;
    for (const waiter of this.#waiters) waiter.committed(this.#committed);
    if (this.#congested && this.#pending <= this.#options.maxPending() / 2) {
      this.#congested = false;
      const relief = this.#relief;
      this.#relief = [];
      for (const resolve of relief) resolve();
    }
    if (this.awaited === 0) {
      const idle = this.#idle;
      this.#idle = [];
      for (const resolve of idle) resolve();
    }
  }
}
