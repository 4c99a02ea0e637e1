/** The store as a test broker sees it: every call counts as activity, and a killed broker is cut off from it. */

import type {
  Awaitable,
  BrokerMemory,
  Persistence,
  RestoredSession,
  StoreChange,
  StoredDelivery,
  StoredMessage,
} from "@gmqtt/broker";
import type { Activity } from "../activity.ts";
import type { PendingCommits, StoreConnection } from "./options.ts";

/** Real milliseconds: a store answers, sooner or later, where a hook may never. */
const STORE_PATIENCE = 10_000;

/** Passes calls on to a store until `cut`; from then on nothing reaches it, and nothing comes back. */
export class WatchedPersistence implements Persistence {
  readonly #inner: StoreConnection;
  readonly #activity: Activity;
  readonly #waitsForReal: boolean;
  #cut = false;

  /** `waitsForReal`: the store does real input and output, so `idle` waits for its promises. */
  constructor(inner: StoreConnection, activity: Activity, waitsForReal: boolean) {
    this.#inner = inner;
    this.#activity = activity;
    this.#waitsForReal = waitsForReal;
  }

  get durable(): boolean {
    return this.#inner.durable;
  }

  open(memory?: BrokerMemory): Awaitable<void> {
    return this.#pass(() => this.#inner.open(memory));
  }

  sessions(): AsyncIterable<readonly RestoredSession[]> {
    return this.#pages(() => this.#inner.sessions());
  }

  retained(): AsyncIterable<readonly StoredMessage[]> {
    return this.#pages(() => this.#inner.retained());
  }

  deliveries(clientId: string, after: number, limit: number): Awaitable<readonly StoredDelivery[]> {
    return this.#pass(() => this.#inner.deliveries(clientId, after, limit));
  }

  commit(changes: readonly StoreChange[]): Awaitable<void> {
    return this.#pass(() => this.#inner.commit(changes));
  }

  onAvailability(listener: (available: boolean) => void): void {
    this.#inner.onAvailability?.((available) => {
      this.#activity.moved();
      if (!this.#cut) listener(available);
    });
  }

  close(): Awaitable<void> {
    return this.#pass(() => this.#inner.close());
  }

  /** The broker behind it is dead: its later calls are lost, earlier ones are never answered. */
  cut(pending: PendingCommits): void {
    this.#cut = true;
    this.#inner.abandon?.(pending);
  }

  #pass<T>(call: () => Awaitable<T>): Awaitable<T> {
    if (this.#cut) return never();
    const result = call();
    this.#activity.moved();
    if (!(result instanceof Promise)) return result;
    if (this.#waitsForReal) this.#activity.track(result, STORE_PATIENCE);
    return this.#whileAlive(result);
  }

  async #whileAlive<T>(result: Promise<T>): Promise<T> {
    try {
      const value = await result;
      return this.#cut ? await never<T>() : value;
    } catch (error) {
      if (this.#cut) await never();
      throw error;
    } finally {
      this.#activity.moved();
    }
  }

  async *#pages<T>(read: () => AsyncIterable<T>): AsyncIterable<T> {
    const pages = read()[Symbol.asyncIterator]();
    for (;;) {
      const reading = pages.next();
      this.#activity.moved();
      if (this.#waitsForReal) this.#activity.track(reading, STORE_PATIENCE);
      const { done, value } = await this.#whileAlive(reading);
      if (done === true) return;
      yield value;
    }
  }
}

function never<T>(): Promise<T> {
  return new Promise(() => {});
}
