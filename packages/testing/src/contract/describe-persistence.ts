/** The contract of a durable store as a test suite: every sentence of `Persistence`, whoever implements it. */

import type { Awaitable } from "@gmqtt/broker";
import type { PersistenceCases } from "./persistence/cases.ts";
import { commitCases } from "./persistence/commit-cases.ts";
import { deliveryCases } from "./persistence/delivery-cases.ts";
import { outageCases } from "./persistence/outage-cases.ts";
import { retainedCases } from "./persistence/retained-cases.ts";
import { sessionCases } from "./persistence/session-cases.ts";
import { StoreContext, type StoreUnderTest } from "./persistence/store-under-test.ts";
import { subscriptionCases } from "./persistence/subscription-cases.ts";
import { type Runner, resolveRunner } from "./runner.ts";

/** How the suite runs. */
export interface DescribePersistenceOptions extends Partial<Runner> {
  /** True: `setAvailable` of the store takes it away and back, and the suite tests the outage. Default: false. */
  readonly outages?: boolean;
}

const GROUPS: Readonly<Record<string, PersistenceCases>> = {
  sessions: sessionCases,
  subscriptions: subscriptionCases,
  deliveries: deliveryCases,
  "retained messages": retainedCases,
  commits: commitCases,
};

/**
 * Runs the persistence contract. `open` makes an empty store for each test. Under vitest without globals pass its
 * `describe` and `it`; node:test needs nothing.
 */
export function describePersistence(
  name: string,
  open: () => Awaitable<StoreUnderTest>,
  options: DescribePersistenceOptions = {},
): void {
  const { describe, it } = resolveRunner(options);
  const groups = options.outages === true ? { ...GROUPS, outages: outageCases } : GROUPS;
  describe(`${name} keeps the persistence contract`, () => {
    for (const [group, cases] of Object.entries(groups)) {
      describe(group, () => {
        for (const [sentence, prove] of Object.entries(cases)) it(sentence, () => run(open, prove));
      });
    }
  });
}

async function run(
  open: () => Awaitable<StoreUnderTest>,
  prove: (context: StoreContext) => Promise<void>,
): Promise<void> {
  const store = await open();
  const context = new StoreContext(store);
  try {
    await prove(context);
  } finally {
    await context.close();
    await store.dispose?.();
  }
}
