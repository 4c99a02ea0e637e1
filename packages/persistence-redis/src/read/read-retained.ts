/** Reads all retained messages for a start, page by page. */

import type { StoredMessage } from "@gmqtt/broker";
import type { Cluster, Redis } from "ioredis";
import { ByteReader } from "../encoding/byte-reader.ts";
import { readMessage } from "../encoding/message-record.ts";
import type { Keys } from "../keys.ts";

/** Messages that Redis looks at in one step. */
const SCAN_COUNT = 1000;

export async function* readRetained(client: Redis | Cluster, keys: Keys): AsyncIterable<readonly StoredMessage[]> {
  const seen = new Set<string>(); // a scan may name a topic twice
  let cursor = "0";
  do {
    const [next, fields] = await client.hscanBuffer(keys.retained, cursor, "COUNT", SCAN_COUNT);
    cursor = next.toString();
    const page: StoredMessage[] = [];
    for (let index = 0; index < fields.length; index += 2) {
      const topic = (fields[index] as Buffer).toString();
      if (seen.has(topic)) continue;
      seen.add(topic);
      page.push(readMessage(new ByteReader(fields[index + 1] as Buffer)));
    }
    if (page.length > 0) yield page;
  } while (cursor !== "0");
}
