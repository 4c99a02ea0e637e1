/** The ways in which the store can be spoiled, and the promise that each of them breaks. */

import type { PromiseName } from "./checker/judge.ts";

/** `early` acknowledges before it has stored, the others store everything but one thing. */
export const SABOTAGES: Readonly<Record<Sabotage, PromiseName>> = {
  early: "kept",
  incoming: "once",
  subscriptions: "subscriptions",
  retained: "retained",
  wills: "wills",
};

/** One of them. */
export type Sabotage = "early" | "incoming" | "subscriptions" | "retained" | "wills";

export function isSabotage(name: string | undefined): name is Sabotage {
  return name !== undefined && Object.hasOwn(SABOTAGES, name);
}
