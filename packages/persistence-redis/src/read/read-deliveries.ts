/** Reads a page of a session's queue. */

import type { StoredDelivery } from "@gmqtt/broker";
import type { Cluster, Redis } from "ioredis";
import type { ProgressTable } from "../commit/session-plan.ts";
import { isLater, readDelivery, readProgress } from "../encoding/delivery-record.ts";
import { type Keys, SessionField } from "../keys.ts";

/** At most `limit` deliveries with a sequence above `after`, in rising order; fewer only when there are no more. */
export async function readDeliveries(
  client: Redis | Cluster,
  keys: Keys,
  clientId: string,
  after: number,
  limit: number,
  progress: ProgressTable | undefined,
): Promise<StoredDelivery[]> {
  const queue = keys.queue(clientId);
  const deliveries: StoredDelivery[] = [];
  for (let read = 0; ; ) {
    // After a rewriting two records may have one sequence; the later state is the true one, so it is looked beyond the last.
    const asked = limit - deliveries.length + 1;
    const records = await client.zrangebyscoreBuffer(queue, `(${after}`, "+inf", "LIMIT", read, asked);
    read += records.length;
    for (const record of records) {
      const delivery = readDelivery(record, (sequence) => progress?.get(sequence));
      if (deliveries.at(-1)?.sequence !== delivery.sequence) deliveries.push(delivery);
      else if (isLater(delivery, deliveries.at(-1) as StoredDelivery)) deliveries[deliveries.length - 1] = delivery;
    }
    if (deliveries.length > limit || records.length < asked) return deliveries.slice(0, limit);
  }
}

/** What the session's hash says of its deliveries. */
export async function readProgressTable(client: Redis | Cluster, keys: Keys, clientId: string): Promise<ProgressTable> {
  const table: ProgressTable = new Map();
  const fields = (await client.call("HGETALL", keys.session(clientId))) as string[];
  for (let index = 0; index < fields.length; index += 2) {
    const field = fields[index] as string;
    if (!field.startsWith(SessionField.Outgoing)) continue;
    table.set(Number(field.slice(SessionField.Outgoing.length)), readProgress(fields[index + 1] as string));
  }
  return table;
}
