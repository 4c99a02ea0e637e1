/** A session, its will and its subscriptions as they stand in the session's hash (docs/redis-layout.md). */

import type {
  ProtocolVersion,
  QoS,
  RetainHandling,
  StoredSession,
  StoredSubscription,
  StoredWill,
} from "@gmqtt/broker";
import { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { checkVersion, RECORD_VERSION, readMessage, writeMessage } from "./message-record.ts";

/** The session as JSON has it: readable, since it changes rarely. */
interface SessionText {
  readonly v: number;
  readonly username?: string;
  readonly protocolVersion: ProtocolVersion;
  readonly expiryInterval: number;
  readonly createdAt: number;
  readonly disconnectedAt?: number;
}

/** Without its will. */
export function sessionText(session: StoredSession): string {
  const { createdAt, disconnectedAt, expiryInterval, protocolVersion, username } = session;
  const text = { v: RECORD_VERSION, username, protocolVersion, expiryInterval, createdAt, disconnectedAt };
  return JSON.stringify(text satisfies { [K in keyof SessionText]: unknown });
}

export function readSession(clientId: string, text: string, will: StoredWill | undefined): StoredSession {
  const { createdAt, disconnectedAt, expiryInterval, protocolVersion, username, v } = JSON.parse(text) as SessionText;
  checkVersion(v);
  return { clientId, username, protocolVersion, expiryInterval, createdAt, disconnectedAt, will };
}

/** A time that is not known. */
const NOT_DUE = -1;

/** Nothing at all stands for no will. */
export function writeWill(writer: ByteWriter, will: StoredWill | undefined): void {
  if (will === undefined) return;
  writer.u8(RECORD_VERSION);
  writer.u32(will.delayInterval);
  writer.f64(will.dueAt ?? NOT_DUE);
  writeMessage(writer, will.message);
}

export function readWill(record: Buffer | undefined): StoredWill | undefined {
  if (record === undefined || record.length === 0) return undefined;
  const reader = new ByteReader(record);
  checkVersion(reader.u8());
  const delayInterval = reader.u32();
  const dueAt = reader.f64();
  return { message: readMessage(reader), delayInterval, dueAt: dueAt === NOT_DUE ? undefined : dueAt };
}

/** Most subscriptions of a start have one of a few combinations of options. */
const known: Map<string, Omit<StoredSubscription, "filter">> = new Map();
const MOST_KNOWN = 200;

/** What was granted, without what is not set: `qos=1`, `qos=2 nl rap rh=1 id=7`. */
export function subscriptionText(subscription: StoredSubscription): string {
  const { noLocal, qos, retainAsPublished, retainHandling, subscriptionIdentifier } = subscription;
  let text = `qos=${qos}`;
  if (noLocal) text += " nl";
  if (retainAsPublished) text += " rap";
  if (retainHandling !== 0) text += ` rh=${retainHandling}`;
  if (subscriptionIdentifier !== 0) text += ` id=${subscriptionIdentifier}`;
  return text;
}

export function readSubscription(filter: string, text: string): StoredSubscription {
  let options = known.get(text);
  if (options === undefined) {
    options = readOptions(text);
    if (known.size < MOST_KNOWN) known.set(text, options);
  }
  const { noLocal, qos, retainAsPublished, retainHandling, subscriptionIdentifier } = options;
  return { filter, qos, noLocal, retainAsPublished, retainHandling, subscriptionIdentifier };
}

function readOptions(text: string): Omit<StoredSubscription, "filter"> {
  const words = text.split(" ");
  return {
    qos: numberAfter(words, "qos=") as QoS,
    noLocal: words.includes("nl"),
    retainAsPublished: words.includes("rap"),
    retainHandling: numberAfter(words, "rh=") as RetainHandling,
    subscriptionIdentifier: numberAfter(words, "id="),
  };
}

function numberAfter(words: readonly string[], name: string): number {
  for (const word of words) if (word.startsWith(name)) return Number(word.slice(name.length));
  return 0;
}
