/** The test framework that a contract suite runs in: vitest, node:test, or anything with `describe` and `it`. */

import { describe, it } from "node:test";

/** The two functions that a suite needs of a test framework. Assertions are made with node:assert. */
export interface Runner {
  describe(name: string, suite: () => void): unknown;
  it(name: string, test: () => void | Promise<void>): unknown;
}

/**
 * What was given, else the framework's globals, else node:test.
 * @throws Error under vitest without globals, where `describe` and `it` have to be handed over
 */
export function resolveRunner(given: Partial<Runner> | undefined): Runner {
  if (given?.describe !== undefined && given.it !== undefined) return given as Runner;
  const globals = globalThis as Partial<Runner>;
  if (globals.describe !== undefined && globals.it !== undefined) return globals as Runner;
  if (process.env.VITEST !== undefined) {
    throw new Error('vitest runs without globals: pass { describe, it } imported from "vitest"');
  }
  return { describe, it };
}
