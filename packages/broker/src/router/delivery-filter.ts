/** Who may receive what, beyond what subscriptions ask for: judged while routes are found, so that messages pay nothing for it. */

import type { QoS } from "@gmqtt/packets";
import { lowerQoS } from "../qos.ts";

/**
 * Answers the highest QoS at which a session may get messages of a topic, undefined when it may not get them at all. Asked
 * once per session and topic, and the answer is kept until `changed` is called; per message only for shared subscriptions.
 * Throwing means undefined.
 */
export type DeliveryFilter = (clientId: string, topic: string) => QoS | undefined;

/** What a plugin holds of the filter that it set. */
export interface DeliveryFilterHandle {
  /** What the filter answers is different from now on; the answers kept are forgotten. */
  changed(): void;
  /** The filter is not asked any more. */
  remove(): void;
}

/** Several filters as one: all have to agree, the lowest QoS holds. null without any. */
export function combineFilters(filters: readonly DeliveryFilter[]): DeliveryFilter | null {
  const [first] = filters;
  if (filters.length < 2) return first ?? null;
  return (clientId, topic) => {
    let lowest: QoS = 2;
    for (const filter of filters) {
      const answer = filter(clientId, topic);
      if (answer === undefined) return undefined;
      lowest = lowerQoS(lowest, answer);
    }
    return lowest;
  };
}
