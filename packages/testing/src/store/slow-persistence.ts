/** A store that is slow on purpose: everything asynchronous, durable in memory, and it can be made to fail. */

import type { Clock, StoreChange } from "@gmqtt/broker";
import type { PersistenceSource, StoreConnection } from "../broker/options.ts";
import { SlowConnection } from "./slow-connection.ts";
import { SlowState } from "./slow-state.ts";

/** How slow the store is. */
export interface SlowPersistenceOptions {
  /** Milliseconds on `clock` that a commit takes. Default: 0, which takes `turns` instead. */
  readonly delay?: number;
  /** Needed for `delay`. */
  readonly clock?: Clock;
  /** Turns of the event loop that a commit or a read takes without `delay`. Default: 2. */
  readonly turns?: number;
  /** Sessions or retained messages in one page. Default: 3. */
  readonly pageSize?: number;
}

/** The store: its state outlives the brokers that connect to it. */
export class SlowPersistence implements PersistenceSource {
  readonly virtual: true = true;
  readonly options: Required<Omit<SlowPersistenceOptions, "clock">> & Pick<SlowPersistenceOptions, "clock">;
  /** @internal */ readonly state: SlowState = new SlowState();
  readonly #connections: Set<SlowConnection> = new Set();
  #held = false;
  #available = true;
  #failures = 0;
  #committed = 0;

  constructor(options: SlowPersistenceOptions = {}) {
    const { delay = 0, turns = 2, pageSize = 3, clock } = options;
    if (delay > 0 && clock === undefined) throw new Error(`a delay of ${delay} ms needs the clock that measures it`);
    this.options = { delay, turns, pageSize, ...(clock === undefined ? {} : { clock }) };
  }

  connect(): StoreConnection {
    const connection = new SlowConnection(this);
    this.#connections.add(connection);
    return connection;
  }

  /** Batches that were stored. */
  get committed(): number {
    return this.#committed;
  }

  /** Batches that were called and are not stored yet. */
  get pending(): number {
    let pending = 0;
    for (const connection of this.#connections) pending += connection.pending;
    return pending;
  }

  /** Commits stay pending, and whatever comes behind them, until `release`. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    this.#wake();
  }

  /** The next commits reject and are not stored, nor are those that were called behind them while they were pending. */
  failNext(commits: number): void {
    this.#failures = commits;
  }

  /** False: the store is away. Commits and reads stay pending, opening fails, and who listens is told. */
  setAvailable(available: boolean): void {
    if (available === this.#available) return;
    this.#available = available;
    for (const connection of this.#connections) connection.tellAvailability(available);
    this.#wake();
  }

  /** @internal */
  get available(): boolean {
    return this.#available;
  }

  /** @internal True when a commit has to wait for the test. */
  get stopped(): boolean {
    return this.#held || !this.#available;
  }

  /** @internal */
  store(changes: readonly StoreChange[]): void {
    if (this.#failures > 0) {
      this.#failures--;
      throw new Error("the store was told to fail this commit");
    }
    this.state.apply(changes);
    this.#committed++;
  }

  /** @internal */
  forget(connection: SlowConnection): void {
    this.#connections.delete(connection);
  }

  #wake(): void {
    for (const connection of this.#connections) connection.wake();
  }
}

/** Makes a slow, durable store; `connect` gives a broker its connection. */
export function createSlowPersistence(options: SlowPersistenceOptions = {}): SlowPersistence {
  return new SlowPersistence(options);
}
