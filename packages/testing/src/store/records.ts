/** Stored things as text and back: nothing that a store keeps may share memory with the broker. */

import type {
  MessageProperties,
  StoreChange,
  StoredDelivery,
  StoredMessage,
  StoredSession,
  StoredSubscription,
  StoredWill,
} from "@gmqtt/broker";

/** A message as JSON has it: bytes in base64, fields that are undefined left out. */
interface MessageRecord extends Omit<StoredMessage, "payload" | "properties"> {
  readonly payload: string;
  readonly properties?: Omit<MessageProperties, "correlationData"> & { readonly correlationData?: string };
}

interface SessionRecord extends Omit<StoredSession, "will"> {
  readonly will?: Omit<StoredWill, "message"> & { readonly message: MessageRecord };
}

type DeliveryRecord = Omit<StoredDelivery, "message"> & { readonly message: MessageRecord };

/** A change as it is when a commit is called, whatever happens to the broker's objects afterwards. */
export function copyChange(change: StoreChange): StoreChange {
  switch (change.type) {
    case "session-put":
      return { ...change, session: readSession(writeSession(change.session)) };
    case "subscription-put":
      return { ...change, subscription: readSubscription(writeSubscription(change.subscription)) };
    case "delivery-put":
      return { ...change, delivery: readDelivery(writeDelivery(change.delivery)) };
    case "retained-put":
      return { ...change, message: readMessage(writeMessage(change.message)) };
    default:
      return { ...change };
  }
}

/** A message, field by field, since the broker's own objects have getters. */
export function writeMessage(message: StoredMessage): string {
  return JSON.stringify(messageRecord(message));
}

export function readMessage(text: string): StoredMessage {
  return messageOf(JSON.parse(text) as MessageRecord);
}

export function writeSession(session: StoredSession): string {
  const { clientId, username, protocolVersion, expiryInterval, createdAt, disconnectedAt, will } = session;
  return JSON.stringify({
    clientId,
    username,
    protocolVersion,
    expiryInterval,
    createdAt,
    disconnectedAt,
    will: will && { message: messageRecord(will.message), delayInterval: will.delayInterval, dueAt: will.dueAt },
  });
}

export function readSession(text: string): StoredSession {
  const record = JSON.parse(text) as SessionRecord;
  const { will } = record;
  return {
    clientId: record.clientId,
    username: record.username,
    protocolVersion: record.protocolVersion,
    expiryInterval: record.expiryInterval,
    createdAt: record.createdAt,
    disconnectedAt: record.disconnectedAt,
    will: will && { message: messageOf(will.message), delayInterval: will.delayInterval, dueAt: will.dueAt },
  };
}

export function writeSubscription(subscription: StoredSubscription): string {
  const { filter, qos, noLocal, retainAsPublished, retainHandling, subscriptionIdentifier } = subscription;
  return JSON.stringify({ filter, qos, noLocal, retainAsPublished, retainHandling, subscriptionIdentifier });
}

export function readSubscription(text: string): StoredSubscription {
  return JSON.parse(text) as StoredSubscription;
}

export function writeDelivery(delivery: StoredDelivery): string {
  const { sequence, message, qos, retain, subscriptionIdentifiers, sharedFilter, queuedAt, state, packetId } = delivery;
  const record = { sequence, qos, retain, subscriptionIdentifiers, sharedFilter, queuedAt, state, packetId };
  return JSON.stringify({ ...record, message: messageRecord(message) });
}

export function readDelivery(text: string): StoredDelivery {
  const record = JSON.parse(text) as DeliveryRecord;
  const { subscriptionIdentifiers, sharedFilter } = record;
  return { ...record, subscriptionIdentifiers, sharedFilter, message: messageOf(record.message) };
}

function messageRecord(message: StoredMessage): MessageRecord {
  const { topic, payload, qos, retain, properties, publisher, receivedAt } = message;
  const record = { topic, payload: base64(payload), qos, retain, publisher, receivedAt };
  if (properties === undefined) return record;
  const { correlationData, ...texts } = properties;
  const binary = correlationData === undefined ? {} : { correlationData: base64(correlationData) };
  return { ...record, properties: { ...texts, ...binary } };
}

function messageOf(record: MessageRecord): StoredMessage {
  const { properties } = record;
  return { ...record, payload: bytes(record.payload), properties: properties && propertiesOf(properties) };
}

function propertiesOf(record: NonNullable<MessageRecord["properties"]>): MessageProperties {
  const { correlationData, ...texts } = record;
  return correlationData === undefined ? texts : { ...texts, correlationData: bytes(correlationData) };
}

function base64(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}
