/** What a stop waits for: connections to close, the store to hold what it was given. */

import { ReasonCode } from "@gmqtt/packets";
import type { Client } from "../client/client.ts";
import type { ClockTimer } from "../clock.ts";
import type { BrokerServices } from "../handlers/context.ts";
import type { TurnoverSet } from "../turnover.ts";

/** How often it is looked whether everybody has gone: milliseconds. */
const LOOK_EVERY = 20;

/** 5.0 clients get DISCONNECT 0x8B, or 0x9C with the other server to go to; who has not gone within `shutdown_timeout` is cut off. */
export async function disconnectAll(clients: TurnoverSet<Client>, broker: BrokerServices): Promise<void> {
  const { clock, config } = broker;
  const { serverReference } = config.mqtt;
  // A reference goes with code 0x9C or 0x9D alone (section 3.14.2.2.5).
  const farewell =
    serverReference === ""
      ? { reasonCode: ReasonCode.ServerShuttingDown }
      : { reasonCode: ReasonCode.UseAnotherServer, properties: { serverReference } };
  for (const client of clients.all()) {
    client.terminate({ type: 14, ...farewell }, new Error("broker is stopping"));
  }
  const deadline = clock.monotonic() + config.shutdownTimeout;
  while (clients.size > 0 && clock.monotonic() < deadline) {
    await new Promise<void>((resolve) => clock.setTimer(LOOK_EVERY, resolve));
  }
  for (const client of clients.all()) client.connection.destroy();
}

/** Gives the last changes as much time to be stored as connections have to close. */
export async function settleStore(broker: BrokerServices): Promise<void> {
  const { clock, config, journal, logger } = broker;
  let late: ClockTimer | undefined;
  const timeout = new Promise<void>((resolve) => {
    late = clock.setTimer(config.shutdownTimeout, resolve);
  });
  await Promise.race([journal.settled(), timeout]);
  late?.cancel();
  if (journal.pending > 0) logger.error({ changes: journal.pending }, "store did not commit, changes are lost");
}
