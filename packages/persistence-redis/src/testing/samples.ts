/** Stored things for tests, whole, with the fields that a test cares about replaced. */

import type { StoreChange, StoredDelivery, StoredMessage, StoredSession, StoredSubscription } from "@gmqtt/broker";

const MOMENT = Date.UTC(2030, 0, 1);

export function message(fields: Partial<StoredMessage> = {}): StoredMessage {
  const payload = Buffer.from("payload");
  return {
    topic: "a/b",
    payload,
    qos: 1,
    retain: false,
    properties: undefined,
    publisher: "publisher",
    receivedAt: MOMENT,
    ...fields,
  };
}

export function session(clientId: string, fields: Partial<StoredSession> = {}): StoredSession {
  return {
    clientId,
    username: undefined,
    protocolVersion: 5,
    expiryInterval: 3_600,
    createdAt: MOMENT,
    disconnectedAt: undefined,
    will: undefined,
    ...fields,
  };
}

export function subscription(filter: string): StoredSubscription {
  return {
    filter,
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    subscriptionIdentifier: 0,
  };
}

export function delivery(sequence: number, fields: Partial<StoredDelivery> = {}): StoredDelivery {
  return {
    sequence,
    message: message({ payload: Buffer.from(`message ${sequence}`) }),
    qos: 2,
    retain: false,
    subscriptionIdentifiers: undefined,
    sharedFilter: undefined,
    queuedAt: MOMENT + sequence,
    state: "queued",
    packetId: 0,
    ...fields,
  };
}

export function putSession(clientId: string): StoreChange {
  return { type: "session-put", session: session(clientId) };
}

export function putDelivery(clientId: string, sequence: number): StoreChange {
  return { type: "delivery-put", clientId, delivery: delivery(sequence) };
}

/** The items of all pages. */
export async function collect<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}
