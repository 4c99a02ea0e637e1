/** Ends all connections when the broker stops. */

import { ReasonCode } from "@gmqtt/packets";
import type { Client } from "../client/client.ts";
import type { BrokerServices } from "../handlers/context.ts";

/** How often it is looked whether everybody has gone: milliseconds. */
const LOOK_EVERY = 20;

/** 5.0 clients get DISCONNECT 0x8B, or 0x9C with the other server to go to; who has not gone within `shutdown_timeout` is cut off. */
export async function disconnectAll(clients: ReadonlySet<Client>, broker: BrokerServices): Promise<void> {
  const { clock, config } = broker;
  const { serverReference } = config.mqtt;
  // A reference goes with code 0x9C or 0x9D alone (section 3.14.2.2.5).
  const farewell =
    serverReference === ""
      ? { reasonCode: ReasonCode.ServerShuttingDown }
      : { reasonCode: ReasonCode.UseAnotherServer, properties: { serverReference } };
  for (const client of [...clients]) {
    client.terminate({ type: 14, ...farewell }, new Error("broker is stopping"));
  }
  const deadline = clock.monotonic() + config.shutdownTimeout;
  while (clients.size > 0 && clock.monotonic() < deadline) {
    await new Promise<void>((resolve) => clock.setTimer(LOOK_EVERY, resolve));
  }
  for (const client of [...clients]) client.connection.destroy();
}
