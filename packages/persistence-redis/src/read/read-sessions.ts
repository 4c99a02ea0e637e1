/** Reads all sessions for a start, page by page. */

import type { RestoredSession, StoredSubscription } from "@gmqtt/broker";
import { Cluster, type Redis } from "ioredis";
import { READ_SESSION } from "../commit/scripts.ts";
import type { ProgressTable } from "../commit/session-plan.ts";
import { ByteReader } from "../encoding/byte-reader.ts";
import { readProgress } from "../encoding/delivery-record.ts";
import { readSession, readSubscription, readWill } from "../encoding/session-record.ts";
import { type Keys, SessionField } from "../keys.ts";

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
    const script = String(await node.script("LOAD", READ_SESSION));
    let cursor = "0";
    do {
      const [next, found] = await node.scan(cursor, "MATCH", keys.sessionPattern, "COUNT", SCAN_COUNT);
      cursor = next;
      const fresh = found.filter((key) => !seen.has(key));
      for (const key of fresh) seen.add(key);
      if (fresh.length > 0) yield await readPage(node, keys, script, fresh, takeProgress);
    } while (cursor !== "0");
  }
}

async function readPage(
  node: Redis,
  keys: Keys,
  script: string,
  sessionKeys: readonly string[],
  takeProgress: TakeProgress,
): Promise<RestoredSession[]> {
  const pipeline = node.pipeline();
  for (const key of sessionKeys) pipeline.callBuffer("EVALSHA", script, 2, key, keys.queue(keys.clientIdOf(key)));
  const replies = (await pipeline.exec()) ?? [];
  const page: RestoredSession[] = [];
  for (const [index, [error, record]] of replies.entries()) {
    if (error !== null) throw error;
    const restored = readRecord(keys.clientIdOf(sessionKeys[index] as string), record as Buffer, takeProgress);
    if (restored !== undefined) page.push(restored);
  }
  return page;
}

/** Undefined for a session that went while we were reading, or never was one. */
function readRecord(clientId: string, record: Buffer, takeProgress: TakeProgress): RestoredSession | undefined {
  const reader = new ByteReader(record);
  const deliveries = reader.f64();
  const lastSequence = reader.f64();
  let session: string | undefined;
  let will: Buffer | undefined;
  const subscriptions: StoredSubscription[] = [];
  const incomingPacketIds: number[] = [];
  const progress: ProgressTable = new Map();
  while (!reader.atEnd) {
    const field = reader.text32();
    if (field.startsWith(SessionField.Subscription)) {
      subscriptions.push(readSubscription(field.slice(SessionField.Subscription.length), reader.text32()));
    } else if (field.startsWith(SessionField.Outgoing)) {
      progress.set(Number(field.slice(SessionField.Outgoing.length)), readProgress(reader.text32()));
    } else if (field === SessionField.Session) session = reader.text32();
    else {
      const value = reader.bytes32();
      if (field === SessionField.Will) will = Buffer.from(value);
      else if (field.startsWith(SessionField.Incoming)) {
        incomingPacketIds.push(Number(field.slice(SessionField.Incoming.length)));
      }
    }
  }
  if (session === undefined) return undefined;
  takeProgress(clientId, progress);
  const stored = readSession(clientId, session, readWill(will));
  return { session: stored, subscriptions, incomingPacketIds, deliveries, lastSequence };
}
