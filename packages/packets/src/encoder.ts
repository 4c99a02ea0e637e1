/** From packets to bytes: every packet is measured, then written once into memory of exactly its size. */
import { Buffer } from "./buffer.ts";
import type { ProtocolVersion } from "./packet-type.ts";
import { measureAcknowledgement, writeAcknowledgement } from "./packets/acknowledgement.ts";
import { measureAuth, writeAuth } from "./packets/auth.ts";
import { measureConnack, writeConnack } from "./packets/connack.ts";
import { measureConnect, writeConnect } from "./packets/connect.ts";
import { measureDisconnect, writeDisconnect } from "./packets/disconnect.ts";
import type { Packet } from "./packets/packet.ts";
import { encodePublish, measurePublish, type PublishPacket } from "./packets/publish.ts";
import { measureSuback, writeSuback } from "./packets/suback.ts";
import { measureSubscribe, writeSubscribe } from "./packets/subscribe.ts";
import { measureUnsuback, writeUnsuback } from "./packets/unsuback.ts";
import { measureUnsubscribe, writeUnsubscribe } from "./packets/unsubscribe.ts";
import { variableByteIntegerLength, Writer } from "./writer.ts";

/**
 * Encodes a packet for a protocol version into memory of its own. What a version has no place for (properties, reason
 * codes) is left out.
 * @throws RangeError for what cannot be encoded: packet identifier 0, a string of more than 65,535 bytes, AUTH before 5.0
 */
export function encode(packet: Packet, version: ProtocolVersion): Buffer {
  if (packet.type === 3) return encodePublish(packet, version);
  const remaining = measure(packet, version);
  const writer = new Writer(Buffer.allocUnsafe(1 + variableByteIntegerLength(remaining) + remaining));
  writer.byte((packet.type << 4) | flagsOf(packet.type));
  writer.variableByteInteger(remaining);
  write(writer, packet, version, remaining);
  return writer.bytes;
}

/** Bytes that {@link encode} would produce, fixed header included: Packet Size in the sense of Maximum Packet Size. */
export function encodedLength(packet: Packet, version: ProtocolVersion): number {
  const remaining = measure(packet, version);
  return 1 + variableByteIntegerLength(remaining) + remaining;
}

/** PUBREL, SUBSCRIBE and UNSUBSCRIBE have a bit to set in their first byte [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1]. */
function flagsOf(type: number): number {
  return type === 6 || type === 8 || type === 10 ? 0x02 : 0;
}

function measure(packet: Packet, version: ProtocolVersion): number {
  switch (packet.type) {
    case 1:
      return measureConnect(packet, version);
    case 2:
      return measureConnack(packet, version);
    case 3:
      return measurePublish(packet, version);
    case 4:
    case 5:
    case 6:
    case 7:
      return measureAcknowledgement(packet, version);
    case 8:
      return measureSubscribe(packet, version);
    case 9:
      return measureSuback(packet, version);
    case 10:
      return measureUnsubscribe(packet, version);
    case 11:
      return measureUnsuback(packet, version);
    case 12:
    case 13:
      return 0;
    case 14:
      return measureDisconnect(packet, version);
    case 15:
      return measureAuth(packet, version);
  }
}

function write(writer: Writer, packet: Exclude<Packet, PublishPacket>, version: ProtocolVersion, length: number): void {
  switch (packet.type) {
    case 1:
      writeConnect(writer, packet, version);
      break;
    case 2:
      writeConnack(writer, packet, version);
      break;
    case 4:
    case 5:
    case 6:
    case 7:
      writeAcknowledgement(writer, packet, length);
      break;
    case 8:
      writeSubscribe(writer, packet, version);
      break;
    case 9:
      writeSuback(writer, packet, version);
      break;
    case 10:
      writeUnsubscribe(writer, packet, version);
      break;
    case 11:
      writeUnsuback(writer, packet, version);
      break;
    case 12:
    case 13:
      break;
    case 14:
      writeDisconnect(writer, packet, length);
      break;
    case 15:
      writeAuth(writer, packet);
      break;
  }
}
