/** Reads all sessions for a start, page by page. */

import type { RestoredSession, StoredSubscription } from "@gmqtt/broker";
import { Cluster, type Redis } from "ioredis";
import type { ProgressTable } from "../commit/session-plan.ts";
import { readProgress } from "../encoding/delivery-record.ts";
import { readSession, readSubscription, readWill } from "../encoding/session-record.ts";
import { type Keys, LAST_MEMBER, SessionField } from "../keys.ts";

/** Keys that Redis looks at in one step. */
const SCAN_COUNT = 1000;

/** Told of each session's progress table, and which client it is of. */
export type TakeProgress = (clientId: string, table: ProgressTable) => void;

export async function* readSessions(
  client: Redis | Cluster,
  keys: Keys,
  takeProgress: TakeProgress,
): AsyncIterable<readonly RestoredSession[]> {
  const seen = new Set<string>(); // a scan may name a key twice
  for (const node of client instanceof Cluster ? client.nodes("master") : [client]) {
    let cursor = "0";
    do {
      const [next, found] = await node.scan(cursor, "MATCH", keys.sessionPattern, "COUNT", SCAN_COUNT);
      cursor = next;
      const fresh = found.filter((key) => !seen.has(key));
      for (const key of fresh) seen.add(key);
      if (fresh.length > 0) yield await readPage(node, keys, fresh, takeProgress);
    } while (cursor !== "0");
  }
}

async function readPage(
  node: Redis,
  keys: Keys,
  sessionKeys: readonly string[],
  takeProgress: TakeProgress,
): Promise<RestoredSession[]> {
  const pipeline = node.pipeline();
  for (const key of sessionKeys) {
    const queue = keys.queue(keys.clientIdOf(key));
    pipeline.callBuffer("HGETALL", key).zcard(queue).zscore(queue, LAST_MEMBER);
  }
  const replies = (await pipeline.exec()) ?? [];
  const page: RestoredSession[] = [];
  for (const [index, key] of sessionKeys.entries()) {
    const [fields, members, last] = replies.slice(index * 3, index * 3 + 3).map(([error, reply]) => {
      if (error !== null) throw error;
      return reply;
    });
    const hasQueue = last !== null;
    const clientId = keys.clientIdOf(key);
    const restored = readFields(clientId, fields as Buffer[], takeProgress);
    if (restored === undefined) continue; // it went while we were reading, or never was
    const deliveries = hasQueue ? Number(members) - 1 : Number(members);
    page.push({ ...restored, deliveries, lastSequence: hasQueue ? -Number(last) : 0 });
  }
  return page;
}

function readFields(
  clientId: string,
  fields: readonly Buffer[],
  takeProgress: TakeProgress,
): Omit<RestoredSession, "deliveries" | "lastSequence"> | undefined {
  let session: string | undefined;
  let will: Buffer | undefined;
  const subscriptions: StoredSubscription[] = [];
  const incomingPacketIds: number[] = [];
  const progress: ProgressTable = new Map();
  for (let index = 0; index < fields.length; index += 2) {
    const field = (fields[index] as Buffer).toString();
    const value = fields[index + 1] as Buffer;
    if (field.startsWith(SessionField.Subscription)) {
      subscriptions.push(readSubscription(field.slice(SessionField.Subscription.length), value.toString()));
    } else if (field.startsWith(SessionField.Incoming)) {
      incomingPacketIds.push(Number(field.slice(SessionField.Incoming.length)));
    } else if (field.startsWith(SessionField.Outgoing)) {
      progress.set(Number(field.slice(SessionField.Outgoing.length)), readProgress(value.toString()));
    } else if (field === SessionField.Session) session = value.toString();
    else if (field === SessionField.Will) will = Buffer.from(value);
  }
  if (session === undefined) return undefined;
  takeProgress(clientId, progress);
  return { session: readSession(clientId, session, readWill(will)), subscriptions, incomingPacketIds };
}
