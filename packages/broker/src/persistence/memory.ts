/** The store that keeps nothing: sessions live in the broker's own memory and end with it. */

import type { Persistence } from "./persistence.ts";

/** Everything synchronous, nothing durable; the default. */
export function createMemoryPersistence(): Persistence {
  return {
    durable: false,
    open: () => {},
    sessions: () => none(),
    retained: () => none(),
    deliveries: () => [],
    commit: () => {},
    close: () => {},
  };
}

async function* none(): AsyncIterable<never> {}
