/** What one commit does to one session: the changes of a turn, reduced to few commands. */

import type { StoredDelivery, StoredSession, StoredSubscription } from "@gmqtt/broker";
import { type Progress, progressText, type WrittenMessages, writeDelivery } from "../encoding/delivery-record.ts";
import { sessionText, subscriptionText, writeWill } from "../encoding/session-record.ts";
import { type Keys, LAST_MEMBER, SessionField } from "../keys.ts";
import type { CommandWriter } from "./command-writer.ts";

/** What became of stored deliveries after their records were written, by sequence. */
export type ProgressTable = Map<number, Progress>;

export class SessionPlan {
  readonly #clientId: string;
  #removed = false;
  #session: StoredSession | undefined;
  /** null: to be removed. */
  #subscriptions: Map<string, StoredSubscription | null> | null = null;
  #incoming: Map<number, boolean> | null = null;
  #puts: Map<number, StoredDelivery> | null = null;
  #progress: Map<number, Progress> | null = null;
  #deletes: Set<number> | null = null;
  #last = 0;
  #keepAbove: number | undefined;

  constructor(clientId: string) {
    this.#clientId = clientId;
  }

  /** What came before in this commit does not matter any more. */
  remove(): void {
    this.#removed = true;
    this.#session = undefined;
    this.#subscriptions = null;
    this.#incoming = null;
    this.#puts = null;
    this.#progress = null;
    this.#deletes = null;
    this.#last = 0;
  }

  putSession(session: StoredSession): void {
    this.#session = session;
  }

  putSubscription(filter: string, subscription: StoredSubscription | null): void {
    this.#subscriptions ??= new Map();
    this.#subscriptions.set(filter, subscription);
  }

  putIncoming(packetId: number, waiting: boolean): void {
    this.#incoming ??= new Map();
    this.#incoming.set(packetId, waiting);
  }

  putDelivery(delivery: StoredDelivery): void {
    this.#puts ??= new Map();
    this.#puts.set(delivery.sequence, delivery);
    this.#progress?.delete(delivery.sequence);
    if (delivery.sequence > this.#last) this.#last = delivery.sequence;
  }

  /** A sequence that was given out, whether its delivery is still there or not. */
  putLast(sequence: number): void {
    if (sequence > this.#last) this.#last = sequence;
  }

  progress(sequence: number, state: Progress["state"], packetId: number): void {
    this.#progress ??= new Map();
    this.#progress.set(sequence, { state, packetId });
  }

  deleteDelivery(sequence: number): void {
    this.#puts?.delete(sequence);
    this.#progress?.delete(sequence);
    this.#deletes ??= new Set();
    this.#deletes.add(sequence);
  }

  /** With `remove`: deliveries with a higher sequence than this stay. */
  keepQueueAbove(sequence: number): void {
    this.#keepAbove = sequence;
  }

  /** Writes the commands. `table` is the session's own and is kept up to date; `written` as in `writeDelivery`. */
  write(writer: CommandWriter, keys: Keys, table: ProgressTable, written: WrittenMessages | null): void {
    const session = keys.session(this.#clientId);
    const queue = keys.queue(this.#clientId);
    if (this.#removed) {
      if (this.#keepAbove === undefined) writer.command("UNLINK", session, queue);
      else {
        writer.command("UNLINK", session);
        writer.command("ZREMRANGEBYSCORE", queue, "1", String(this.#keepAbove));
      }
      table.clear();
    }
    this.#writeFields(writer, session, table);
    this.#writeDeletes(writer, queue);
    this.#writePuts(writer, queue, written);
  }

  #writeFields(writer: CommandWriter, key: string, table: ProgressTable): void {
    const set = writer.list("HSET", key);
    const gone = writer.list("HDEL", key);
    // The two lists are written one after the other: first what is set, then what is removed.
    if (this.#session !== undefined) {
      const { will } = this.#session;
      set.text(SessionField.Session).text(sessionText(this.#session));
      writeWill(set.text(SessionField.Will).open(), will);
      set.close();
    }
    for (const [filter, subscription] of this.#subscriptions ?? []) {
      if (subscription !== null) set.text(SessionField.Subscription + filter).text(subscriptionText(subscription));
    }
    for (const [packetId, waiting] of this.#incoming ?? []) {
      if (waiting) set.text(`${SessionField.Incoming}${packetId}`).text("");
    }
    for (const [sequence, progress] of this.#progress ?? []) {
      if (this.#puts?.has(sequence) === true) continue; // its record says it
      set.text(`${SessionField.Outgoing}${sequence}`).text(progressText(progress));
      table.set(sequence, progress);
    }
    set.end();
    for (const [filter, subscription] of this.#subscriptions ?? []) {
      if (subscription === null) gone.text(SessionField.Subscription + filter);
    }
    for (const [packetId, waiting] of this.#incoming ?? []) {
      if (!waiting) gone.text(`${SessionField.Incoming}${packetId}`);
    }
    if (table.size > 0) {
      for (const sequences of [this.#deletes ?? [], this.#puts?.keys() ?? []]) {
        for (const sequence of sequences) {
          if (table.delete(sequence)) gone.text(`${SessionField.Outgoing}${sequence}`);
        }
      }
    }
    gone.end();
  }

  /** Acknowledgements mostly come in order, so most removals are one range. */
  #writeDeletes(writer: CommandWriter, queue: string): void {
    if (this.#deletes === null || (this.#removed && this.#keepAbove === undefined)) return;
    const sequences = [...this.#deletes].sort((one, other) => one - other);
    for (let index = 0; index < sequences.length; ) {
      const first = sequences[index] as number;
      let last = first;
      while (sequences[++index] === last + 1) last++;
      writer.command("ZREMRANGEBYSCORE", queue, String(first), String(last));
    }
  }

  #writePuts(writer: CommandWriter, queue: string, written: WrittenMessages | null): void {
    if (this.#last === 0) return;
    // LT: the highest sequence ever, as a negative score, only falls.
    const list = writer.list("ZADD", queue, "LT");
    list.text(String(-this.#last)).text(LAST_MEMBER);
    for (const delivery of this.#puts?.values() ?? []) {
      const progress = this.#progress?.get(delivery.sequence) ?? delivery;
      writeDelivery(list.text(String(delivery.sequence)).open(), delivery, progress, written);
      list.close();
    }
    list.end();
  }
}
