/** One broker's connection to a slow store: everything called is done in order, later. */

import type { RestoredSession, StoreChange, StoredDelivery, StoredMessage } from "@gmqtt/broker";
import type { PendingCommits, StoreConnection } from "../broker/options.ts";
import { turn } from "../clock/turn.ts";
import { copyChange } from "./records.ts";
import type { SlowPersistence } from "./slow-persistence.ts";

interface Job {
  /** undefined for a read. */
  readonly changes: readonly StoreChange[] | undefined;
  run(): void;
  fail(error: unknown): void;
}

/** Made by {@link SlowPersistence.connect}. */
export class SlowConnection implements StoreConnection {
  readonly durable: true = true;
  readonly #store: SlowPersistence;
  readonly #jobs: Job[] = [];
  readonly #listeners: ((available: boolean) => void)[] = [];
  #wakers: (() => void)[] = [];
  #working = false;
  #open = false;
  #abandoned = false;

  constructor(store: SlowPersistence) {
    this.#store = store;
  }

  get pending(): number {
    return this.#jobs.filter((job) => job.changes !== undefined).length;
  }

  async open(): Promise<void> {
    await this.#takeTime();
    if (!this.#store.available) throw new Error("the store is away");
    this.#open = true;
  }

  sessions(): AsyncIterable<readonly RestoredSession[]> {
    return this.#pages(this.#read(() => this.#store.state.sessions()));
  }

  retained(): AsyncIterable<readonly StoredMessage[]> {
    return this.#pages(this.#read(() => this.#store.state.retained()));
  }

  deliveries(clientId: string, after: number, limit: number): Promise<readonly StoredDelivery[]> {
    return this.#read(() => this.#store.state.deliveries(clientId, after, limit));
  }

  commit(changes: readonly StoreChange[]): Promise<void> {
    const copies = changes.map(copyChange);
    return this.#enqueue(copies, () => this.#store.store(copies));
  }

  onAvailability(listener: (available: boolean) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    if (this.#jobs.length > 0) throw new Error(`closed with ${this.#jobs.length} calls pending`);
    await this.#takeTime();
    this.#open = false;
    this.#store.forget(this);
  }

  abandon(pending: PendingCommits): void {
    this.#abandoned = true;
    this.#store.forget(this);
    if (pending === "stored")
      for (const { changes } of this.#jobs) if (changes !== undefined) this.#store.store(changes);
    this.#jobs.length = 0;
  }

  tellAvailability(available: boolean): void {
    for (const listener of this.#listeners) listener(available);
  }

  /** Something that stopped the work may be over. */
  wake(): void {
    const wakers = this.#wakers;
    this.#wakers = [];
    for (const waker of wakers) waker();
  }

  #read<T>(read: () => T): Promise<T> {
    return this.#enqueue(undefined, read);
  }

  #enqueue<T>(changes: readonly StoreChange[] | undefined, work: () => T): Promise<T> {
    if (!this.#open) return Promise.reject(new Error("the store is not open"));
    return new Promise((resolve, reject) => {
      const run = () => resolve(work());
      this.#jobs.push({ changes, run, fail: reject });
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#jobs.length > 0) {
      await this.#takeTime();
      while (this.#store.stopped && !this.#abandoned) await new Promise<void>((resolve) => this.#wakers.push(resolve));
      const job = this.#jobs[0];
      if (job === undefined) break; // abandoned meanwhile
      try {
        job.run();
        this.#jobs.shift();
      } catch (error) {
        this.#failFrom(job, error);
      }
    }
    this.#working = false;
  }

  /** A commit that fails takes those along that were called behind it: what is stored is always a prefix. */
  #failFrom(first: Job, error: unknown): void {
    const failed = first.changes === undefined ? [first] : this.#jobs.filter(({ changes }) => changes !== undefined);
    const left = this.#jobs.filter((job) => !failed.includes(job));
    this.#jobs.splice(0, this.#jobs.length, ...left);
    for (const job of failed) job.fail(error);
  }

  async #takeTime(): Promise<void> {
    const { delay, clock, turns } = this.#store.options;
    if (delay > 0 && clock !== undefined) await new Promise<void>((resolve) => clock.setTimer(delay, resolve));
    else for (let passed = 0; passed < turns; passed++) await turn();
  }

  async *#pages<T>(reading: Promise<readonly T[]>): AsyncIterable<readonly T[]> {
    // Handled here, where it is awaited only once somebody iterates.
    reading.catch(() => {});
    const all = await reading;
    const { pageSize } = this.#store.options;
    for (let start = 0; start < all.length; start += pageSize) {
      await turn();
      yield all.slice(start, start + pageSize);
    }
  }
}
