/** How a well-behaved client answers QoS 1 and 2 messages by itself (MQTT 5.0 section 4.3). */

import type { Packet } from "@gmqtt/packets";
import { makePacket, type ReceivedPacket } from "./packets.ts";

/** The answer to a received packet; undefined where the flow asks for none. */
export function answerTo(packet: ReceivedPacket): Packet | undefined {
  switch (packet.type) {
    case 3:
      if (packet.qos === 0) return undefined;
      return makePacket(packet.qos === 1 ? "puback" : "pubrec", { packetId: packet.packetId });
    case 6:
      return makePacket("pubcomp", { packetId: packet.packetId });
    default:
      return undefined;
  }
}
