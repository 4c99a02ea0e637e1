/** The store that a contract suite works on, and how the suite's tests reach it. */

import assert from "node:assert/strict";
import type { Awaitable, Persistence, RestoredSession, StoredDelivery, StoredMessage } from "@gmqtt/broker";

/** An empty store, made anew for every test. */
export interface StoreUnderTest {
  /** A new connection to the store's state; the suite opens and closes it. */
  connect(): Persistence;
  /** Takes the store away (false) and brings it back (true); without it the suite's outage tests are left out. */
  setAvailable?(available: boolean): Awaitable<void>;
  /** Removes everything; called at the end of each test. */
  dispose?(): Awaitable<void>;
}

/** What a test of the suite gets. */
export class StoreContext {
  readonly store: StoreUnderTest;
  #open: Persistence | undefined;

  constructor(store: StoreUnderTest) {
    this.store = store;
  }

  /** The open connection. */
  async connection(): Promise<Persistence> {
    if (this.#open === undefined) {
      const connection = this.store.connect();
      await connection.open();
      this.#open = connection;
    }
    return this.#open;
  }

  /** What a broker finds that starts on the store after this one ended. */
  async reopened(): Promise<Persistence> {
    await this.close();
    return await this.connection();
  }

  async close(): Promise<void> {
    const connection = this.#open;
    this.#open = undefined;
    await connection?.close();
  }

  /** All sessions that a start finds, by client identifier. */
  async restored(): Promise<Map<string, RestoredSession>> {
    const sessions = new Map<string, RestoredSession>();
    for (const session of await collect((await this.reopened()).sessions())) {
      assert.ok(!sessions.has(session.session.clientId), `session ${session.session.clientId} came twice`);
      sessions.set(session.session.clientId, session);
    }
    return sessions;
  }

  /** The session of that client, as a start finds it. */
  async restoredSession(clientId: string): Promise<RestoredSession> {
    const session = (await this.restored()).get(clientId);
    assert.ok(session, `session ${clientId} was not stored`);
    return session;
  }

  /** All retained messages that a start finds, by topic. */
  async restoredRetained(): Promise<Map<string, StoredMessage>> {
    const messages = new Map<string, StoredMessage>();
    for (const message of await collect((await this.reopened()).retained())) {
      assert.ok(!messages.has(message.topic), `the retained message of ${message.topic} came twice`);
      messages.set(message.topic, message);
    }
    return messages;
  }

  /** All deliveries of a session that a start finds. */
  async restoredDeliveries(clientId: string): Promise<readonly StoredDelivery[]> {
    return await (await this.reopened()).deliveries(clientId, 0, 100_000);
  }
}

/** The items of all pages. */
export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

/** Compares what was stored with what came back: fields that are undefined may be missing, bytes may be of any class. */
export function assertSame(actual: unknown, expected: unknown, message?: string): void {
  assert.deepEqual(plain(actual), plain(expected), message);
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries.map(([name, field]) => [name, plain(field)]));
}
