/** Makes an answer fit what its receiver takes: reason strings and user properties are the first to go. */
import { encodedLength } from "./encoder.ts";
import type { ProtocolVersion } from "./packet-type.ts";
import type { Packet } from "./packets/packet.ts";

/**
 * The packet without its reason string, then also without its user properties, if it would exceed `maximumPacketSize` bytes
 * [MQTT-3.2.2-19] [MQTT-3.2.2-20]; the same packet when it fits; `null` when it does not fit at all. User properties of
 * PUBLISH and of requests are part of what is said: those packets fit or don't [MQTT-3.3.2-17].
 *
 * With `requestProblemInformation` false both go from every answer but CONNACK and DISCONNECT [MQTT-3.1.2-29]. Default: true.
 */
export function fitTo(
  packet: Packet,
  version: ProtocolVersion,
  maximumPacketSize: number,
  requestProblemInformation = true,
): Packet | null {
  let fitting = packet;
  if (!requestProblemInformation && packet.type !== 2 && packet.type !== 14) {
    fitting = without(without(packet, "reasonString"), "userProperties");
  }
  if (encodedLength(fitting, version) <= maximumPacketSize) return fitting;
  fitting = without(fitting, "reasonString");
  if (encodedLength(fitting, version) <= maximumPacketSize) return fitting;
  fitting = without(fitting, "userProperties");
  return encodedLength(fitting, version) <= maximumPacketSize ? fitting : null;
}

function without(packet: Packet, name: "reasonString" | "userProperties"): Packet {
  switch (packet.type) {
    case 2:
    case 4:
    case 5:
    case 6:
    case 7:
    case 9:
    case 11:
    case 14:
    case 15:
      return packet.properties?.[name] === undefined
        ? packet
        : { ...packet, properties: { ...packet.properties, [name]: undefined } };
    default:
      return packet;
  }
}
