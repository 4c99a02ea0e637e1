/** One turn of the event loop, by the real `setImmediate` whatever a test framework put in its place. */

import { setImmediate as immediately } from "node:timers";

/** Resolves once everything that was scheduled for this turn has run: promises, input, `setImmediate` callbacks. */
export function turn(): Promise<void> {
  return new Promise((resolve) => immediately(resolve));
}
