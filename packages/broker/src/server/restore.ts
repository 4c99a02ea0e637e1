/** What a start does with the state that a store kept. */

import type { BrokerServices } from "../handlers/context.ts";
import type { RestoredSession } from "../persistence/persistence.ts";
import { restoreMessage } from "../session/restore.ts";
import { Session } from "../session/session.ts";

/** A long start says so often how far it is: milliseconds. */
const PROGRESS_PAUSE = 5000;

/** Reads everything back; `progress` hears how many sessions there are so far. Sessions and wills that were due meanwhile end. */
export async function restoreState(broker: BrokerServices, progress: (sessions: number) => void): Promise<void> {
  for await (const page of broker.persistence.retained()) {
    for (const stored of page) {
      const message = restoreMessage(stored);
      if (message.expiresAt > broker.clock.now()) broker.retained.set(message);
      else broker.journal.record({ type: "retained-delete", topic: stored.topic });
    }
  }
  let count = 0;
  let told = broker.clock.monotonic();
  const restored: Session[] = [];
  for await (const page of broker.persistence.sessions()) {
    for (const stored of page) restored.push(restoreSession(broker, stored));
    count += page.length;
    progress(count);
    if (broker.clock.monotonic() - told < PROGRESS_PAUSE) continue;
    told = broker.clock.monotonic();
    broker.logger.info({ sessions: count }, "sessions are being restored");
  }
  // Only when all subscriptions are back: an end may publish a will, and others are to get it.
  for (const session of restored) broker.sessions.restore(session);
  await broker.journal.settled();
}

function restoreSession(broker: BrokerServices, restored: RestoredSession): Session {
  const { session: stored } = restored;
  const session = new Session(stored.clientId, stored.createdAt, broker);
  session.username = stored.username;
  session.protocolVersion = stored.protocolVersion;
  session.expiryInterval = stored.expiryInterval;
  session.disconnectedAt = stored.disconnectedAt;
  session.will = stored.will && { ...stored.will, message: restoreMessage(stored.will.message) };
  session.markStored();
  session.setExpiryInterval(stored.expiryInterval);
  for (const packetId of restored.incomingPacketIds) session.incoming.add(packetId);
  session.outgoing.restoreFrom(restored.deliveries, restored.lastSequence);
  for (const subscription of restored.subscriptions) broker.subscriptions.restore(session, subscription);
  return session;
}
