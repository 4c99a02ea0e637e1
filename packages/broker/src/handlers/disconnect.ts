/** What the broker does with a DISCONNECT (MQTT 5.0 section 3.14). */

import { type DisconnectPacket, ProtocolError, ReasonCode } from "@gmqtt/packets";
import type { ClientContext } from "./context.ts";

export function handleDisconnect(context: ClientContext, packet: DisconnectPacket): void {
  const expiry = packet.properties?.sessionExpiryInterval;
  if (expiry !== undefined) {
    if (expiry > 0 && context.session.expiryInterval === 0) {
      throw new ProtocolError(ReasonCode.ProtocolError, "session expiry interval can't be set after it was 0");
    }
    context.session.setExpiryInterval(Math.min(expiry, context.sessionExpiryLimit));
  }
  // Only a normal disconnection drops the will [MQTT-3.1.2-8] [MQTT-3.14.4-3].
  context.leave(packet.reasonCode === ReasonCode.NormalDisconnection);
}
