/** From the changes of a turn to Redis commands: few per session, whatever the number of messages. */

import type { StoreChange, StoredMessage } from "@gmqtt/broker";
import type { WrittenMessages } from "../encoding/delivery-record.ts";
import { writeMessage } from "../encoding/message-record.ts";
import type { Keys } from "../keys.ts";
import { CommandWriter } from "./command-writer.ts";
import { type ProgressTable, SessionPlan } from "./session-plan.ts";

/** The progress of deliveries in all sessions, as far as their records don't say it. */
export class ProgressTables {
  readonly #tables: Map<string, ProgressTable> = new Map();

  get(clientId: string): ProgressTable | undefined {
    return this.#tables.get(clientId);
  }

  set(clientId: string, table: ProgressTable): void {
    if (table.size > 0) this.#tables.set(clientId, table);
    else this.#tables.delete(clientId);
  }
}

/** Gathers changes and writes them as commands. */
export class Compiler {
  readonly #keys: Keys;
  readonly #tables: ProgressTables;
  readonly #sessions: Map<string, SessionPlan> = new Map();
  /** null: to be removed. */
  readonly #retained: Map<string, StoredMessage | null> = new Map();

  constructor(keys: Keys, tables: ProgressTables) {
    this.#keys = keys;
    this.#tables = tables;
  }

  /** The plan for one session. */
  session(clientId: string): SessionPlan {
    let plan = this.#sessions.get(clientId);
    if (plan === undefined) {
      plan = new SessionPlan(clientId);
      this.#sessions.set(clientId, plan);
    }
    return plan;
  }

  putRetained(topic: string, message: StoredMessage | null): void {
    this.#retained.set(topic, message);
  }

  add(change: StoreChange): void {
    switch (change.type) {
      case "delivery-put":
        this.session(change.clientId).putDelivery(change.delivery);
        break;
      case "delivery-delete":
        this.session(change.clientId).deleteDelivery(change.sequence);
        break;
      case "delivery-state":
        this.session(change.clientId).progress(change.sequence, change.state, change.packetId);
        break;
      case "incoming-put":
        this.session(change.clientId).putIncoming(change.packetId, true);
        break;
      case "incoming-delete":
        this.session(change.clientId).putIncoming(change.packetId, false);
        break;
      case "session-put":
        this.session(change.session.clientId).putSession(change.session);
        break;
      case "session-delete":
        this.session(change.clientId).remove();
        break;
      case "subscription-put":
        this.session(change.clientId).putSubscription(change.subscription.filter, change.subscription);
        break;
      case "subscription-delete":
        this.session(change.clientId).putSubscription(change.filter, null);
        break;
      case "retained-put":
        this.putRetained(change.message.topic, change.message);
        break;
      case "retained-delete":
        this.putRetained(change.topic, null);
        break;
    }
  }

  /** The commands as bytes that share nothing with the changes; `writer` has nothing else in it. */
  finish(writer: CommandWriter = new CommandWriter()): Buffer {
    // One session gets a message twice only by subscriptions that overlap: not worth remembering all of them for.
    const written: WrittenMessages | null = this.#sessions.size > 1 ? new Map() : null;
    for (const [clientId, plan] of this.#sessions) {
      const table = this.#tables.get(clientId) ?? new Map();
      plan.write(writer, this.#keys, table, written);
      this.#tables.set(clientId, table);
    }
    this.#writeRetained(writer);
    return writer.finish();
  }

  #writeRetained(writer: CommandWriter): void {
    if (this.#retained.size === 0) return;
    const set = writer.list("HSET", this.#keys.retained);
    for (const [topic, message] of this.#retained) {
      if (message === null) continue;
      writeMessage(set.text(topic).open(), message);
      set.close();
    }
    set.end();
    const gone = writer.list("HDEL", this.#keys.retained);
    for (const [topic, message] of this.#retained) if (message === null) gone.text(topic);
    gone.end();
  }
}
