/** How the cases of the persistence contract are written down: a sentence and what proves it. */

import type { StoreContext } from "./store-under-test.ts";

/** Cases by their sentence. */
export type PersistenceCases = Readonly<Record<string, (context: StoreContext) => Promise<void>>>;
