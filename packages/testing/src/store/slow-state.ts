/** What a slow store has safely stored: texts in maps, changed by whole batches. */

import type { RestoredSession, StoreChange, StoredDelivery, StoredMessage } from "@gmqtt/broker";
import * as records from "./records.ts";

interface SessionState {
  /** undefined until the first `session-put`; subscriptions and deliveries may be there before. */
  session: string | undefined;
  readonly subscriptions: Map<string, string>;
  readonly deliveries: Map<number, string>;
  readonly incoming: Set<number>;
  lastSequence: number;
}

/** State that survives brokers and connections. */
export class SlowState {
  readonly #sessions: Map<string, SessionState> = new Map();
  readonly #retained: Map<string, string> = new Map();

  apply(changes: readonly StoreChange[]): void {
    for (const change of changes) this.#apply(change);
  }

  sessions(): RestoredSession[] {
    const restored: RestoredSession[] = [];
    for (const state of this.#sessions.values()) {
      if (state.session === undefined) continue;
      restored.push({
        session: records.readSession(state.session),
        subscriptions: [...state.subscriptions.values()].map(records.readSubscription),
        incomingPacketIds: [...state.incoming],
        deliveries: state.deliveries.size,
        lastSequence: state.lastSequence,
      });
    }
    return restored;
  }

  retained(): StoredMessage[] {
    return [...this.#retained.values()].map(records.readMessage);
  }

  deliveries(clientId: string, after: number, limit: number): StoredDelivery[] {
    const stored = this.#sessions.get(clientId)?.deliveries ?? new Map<number, string>();
    const sequences = [...stored.keys()].filter((sequence) => sequence > after).sort((one, other) => one - other);
    return sequences.slice(0, limit).map((sequence) => records.readDelivery(stored.get(sequence)!));
  }

  #apply(change: StoreChange): void {
    switch (change.type) {
      case "session-put":
        this.#of(change.session.clientId).session = records.writeSession(change.session);
        return;
      case "session-delete":
        this.#sessions.delete(change.clientId);
        return;
      case "subscription-put": {
        const text = records.writeSubscription(change.subscription);
        this.#of(change.clientId).subscriptions.set(change.subscription.filter, text);
        return;
      }
      case "subscription-delete":
        this.#sessions.get(change.clientId)?.subscriptions.delete(change.filter);
        return;
      case "delivery-put": {
        const state = this.#of(change.clientId);
        state.deliveries.set(change.delivery.sequence, records.writeDelivery(change.delivery));
        state.lastSequence = Math.max(state.lastSequence, change.delivery.sequence);
        return;
      }
      case "delivery-state":
        this.#advance(change);
        return;
      case "delivery-delete":
        this.#sessions.get(change.clientId)?.deliveries.delete(change.sequence);
        return;
      case "incoming-put":
        this.#of(change.clientId).incoming.add(change.packetId);
        return;
      case "incoming-delete":
        this.#sessions.get(change.clientId)?.incoming.delete(change.packetId);
        return;
      case "retained-put":
        this.#retained.set(change.message.topic, records.writeMessage(change.message));
        return;
      case "retained-delete":
        this.#retained.delete(change.topic);
    }
  }

  #advance(change: Extract<StoreChange, { type: "delivery-state" }>): void {
    const { clientId, sequence, state, packetId } = change;
    const deliveries = this.#sessions.get(clientId)?.deliveries;
    const text = deliveries?.get(sequence);
    if (text === undefined) return;
    deliveries?.set(sequence, records.writeDelivery({ ...records.readDelivery(text), state, packetId }));
  }

  #of(clientId: string): SessionState {
    const known = this.#sessions.get(clientId);
    if (known !== undefined) return known;
    const state: SessionState = {
      session: undefined,
      subscriptions: new Map(),
      deliveries: new Map(),
      incoming: new Set(),
      lastSequence: 0,
    };
    this.#sessions.set(clientId, state);
    return state;
  }
}
