/** What the broker has in memory, for a store that came back with less than it had. */

import type { BrokerServices } from "../handlers/context.ts";
import type { BrokerMemory, StoredMessage } from "../persistence/persistence.ts";

export function createBrokerMemory(broker: BrokerServices): BrokerMemory {
  return {
    sessions: () => broker.sessions.toMemory(),
    retained: () => storedRetained(broker),
  };
}

/** The broker's own topics are made anew at every start, and no store hears of them. */
function* storedRetained(broker: BrokerServices): Iterable<StoredMessage> {
  for (const message of broker.retained.values()) if (!message.topic.startsWith("$SYS/")) yield message;
}
