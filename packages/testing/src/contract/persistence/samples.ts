/** Things to store, complete and with every kind of value that a store might spoil. */

import type {
  MessageProperties,
  StoreChange,
  StoredDelivery,
  StoredMessage,
  StoredSession,
  StoredSubscription,
} from "@gmqtt/broker";

const MOMENT = Date.UTC(2030, 5, 1, 12, 30, 15, 123);

/** Every byte there is, so that nothing survives that takes payloads for text. */
export const ALL_BYTES: Uint8Array = Uint8Array.from({ length: 256 }, (_, index) => index);

/** All properties that a message can have; user properties in an order that no sorting gives, with a name repeated. */
export const ALL_PROPERTIES: MessageProperties = {
  payloadFormatIndicator: 0,
  messageExpiryInterval: 4_294_967_295,
  contentType: "text/plain; charset=\u{1F310}",
  responseTopic: "antwort/\u00e4\u00f6\u00fc",
  correlationData: ALL_BYTES,
  userProperties: [
    ["z", "1"],
    ["a", "2"],
    ["z", "0"],
    ["", ""],
    ["\ufeffname", "\u00df\u4e2d\u{1F600}"],
  ],
};

export function message(fields: Partial<StoredMessage> = {}): StoredMessage {
  return {
    topic: "a/b",
    payload: Buffer.from("payload"),
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

export function subscription(filter: string, fields: Partial<StoredSubscription> = {}): StoredSubscription {
  return {
    filter,
    qos: 1,
    noLocal: false,
    retainAsPublished: false,
    retainHandling: 0,
    subscriptionIdentifier: 0,
    ...fields,
  };
}

export function delivery(sequence: number, fields: Partial<StoredDelivery> = {}): StoredDelivery {
  return {
    sequence,
    message: message({ payload: Buffer.from(`message ${sequence}`) }),
    qos: 1,
    retain: false,
    subscriptionIdentifiers: undefined,
    sharedFilter: undefined,
    queuedAt: MOMENT + sequence,
    state: "queued",
    packetId: 0,
    ...fields,
  };
}

export function putSession(clientId: string, fields: Partial<StoredSession> = {}): StoreChange {
  return { type: "session-put", session: session(clientId, fields) };
}

export function putSubscription(
  clientId: string,
  filter: string,
  fields: Partial<StoredSubscription> = {},
): StoreChange {
  return { type: "subscription-put", clientId, subscription: subscription(filter, fields) };
}

export function putDelivery(clientId: string, sequence: number, fields: Partial<StoredDelivery> = {}): StoreChange {
  return { type: "delivery-put", clientId, delivery: delivery(sequence, fields) };
}

export function putRetained(fields: Partial<StoredMessage> = {}): StoreChange {
  return { type: "retained-put", message: message({ retain: true, ...fields }) };
}
