/** What a member of a shared subscription leaves undone goes to the others (MQTT 5.0 section 4.8.2). */

import type { Delivery } from "../session/delivery.ts";
import type { Session } from "../session/session.ts";
import type { BrokerServices } from "./context.ts";

/** The member is away: messages go to connected members, where there are any. */
export function handOverFromAbsent(broker: BrokerServices, session: Session): void {
  handOver(broker, session, true);
}

/** The session ends: messages go to any other member, connected or not. */
export function handOverFromEnding(broker: BrokerServices, session: Session): void {
  handOver(broker, session, false);
}

function handOver(broker: BrokerServices, session: Session, onlyToConnected: boolean): void {
  if (session.outgoing.queueLength === 0 && session.outgoing.inflightLength === 0) return;
  const { filter } = broker.router;
  const groups = new Map(
    [...session.subscriptions.values()].map((subscription) => [
      subscription.filter,
      broker.router.groupOf(subscription),
    ]),
  );
  const hasTaker = (delivery: Delivery): boolean => {
    const group = groups.get(delivery.sharedFilter as string);
    if (group === undefined) return false;
    const { topic } = delivery.message;
    return group
      .members()
      .some(
        ({ subscriber }) =>
          subscriber !== session.outgoing &&
          (subscriber.connected || !onlyToConnected) &&
          (filter === null || filter(subscriber.clientId, topic) !== undefined),
      );
  };
  for (const delivery of session.outgoing.takeShared(hasTaker)) {
    groups.get(delivery.sharedFilter as string)?.deliver(delivery.message, filter, session.outgoing);
  }
}
