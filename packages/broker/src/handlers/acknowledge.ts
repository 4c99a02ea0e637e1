/** PUBACK, PUBREC, PUBREL and PUBCOMP: the exchanges of QoS 1 and 2 in both directions (MQTT 5.0 section 4.3). */

import {
  ProtocolError,
  type PubackPacket,
  type PubcompPacket,
  type PubrecPacket,
  type PubrelPacket,
  ReasonCode,
} from "@gmqtt/packets";
import type { ClientContext } from "./context.ts";

/** An acknowledgement of the wrong kind is a protocol error; of an unknown identifier it is ignored. */
export function handlePuback(context: ClientContext, packet: PubackPacket): void {
  const { outgoing } = context;
  if (outgoing.qosOf(packet.packetId) === 2) throw wrongKind("PUBACK", packet.packetId);
  outgoing.puback(packet.packetId);
}

export function handlePubrec(context: ClientContext, packet: PubrecPacket): void {
  const { outgoing } = context;
  const { packetId } = packet;
  if (outgoing.qosOf(packetId) === 1) throw wrongKind("PUBREC", packetId);
  if (packet.reasonCode >= 0x80) {
    outgoing.refuse(packetId); // no PUBREL follows [MQTT-4.3.3-4]
    return;
  }
  if (outgoing.pubrec(packetId)) return;
  const reasonCode = ReasonCode.PacketIdentifierNotFound;
  if (context.version === 5) context.connection.send({ type: 6, packetId, reasonCode }, true);
  else context.connection.sendAck(6, packetId);
}

export function handlePubrel(context: ClientContext, packet: PubrelPacket): void {
  const { packetId } = packet;
  context.forgetCarried(packetId);
  const known = context.session.releaseIncoming(packetId);
  if (known || context.version !== 5)
    context.connection.sendAck(7, packetId); // [MQTT-4.3.3-11]
  else context.connection.send({ type: 7, packetId, reasonCode: ReasonCode.PacketIdentifierNotFound }, true);
}

export function handlePubcomp(context: ClientContext, packet: PubcompPacket): void {
  const { outgoing } = context;
  const { packetId } = packet;
  if (outgoing.pubcomp(packetId)) return;
  if (outgoing.qosOf(packetId) !== undefined) throw wrongKind("PUBCOMP", packetId);
}

function wrongKind(name: string, packetId: number): ProtocolError {
  return new ProtocolError(
    ReasonCode.ProtocolError,
    `${name} does not belong to the exchange of packet identifier ${packetId}`,
  );
}
