/** PUBACK, PUBREC, PUBREL, PUBCOMP: one shape, four steps of delivery (MQTT 5.0, sections 3.4 to 3.7). */
import type { ProtocolVersion, Sender } from "../packet-type.ts";
import { readProperties } from "../properties/read.ts";
import { PropertyPlace } from "../properties/table.ts";
import type { AckProperties } from "../properties/types.ts";
import { measureProperties, measurePropertyList, writePropertyList } from "../properties/write.ts";
import type { Reader } from "../reader.ts";
import type { ReasonCode } from "../reason-code.ts";
import { readReasonCode } from "../reason-code-places.ts";
import { assertInteger, assertPacketId, type Writer } from "../writer.ts";

interface AcknowledgementFields {
  readonly packetId: number;
  /** 0 in 3.1 and 3.1.1, and in the short form. */
  readonly reasonCode: ReasonCode;
  readonly properties?: AckProperties | undefined;
}

/** Answers a PUBLISH of QoS 1. */
export interface PubackPacket extends AcknowledgementFields {
  readonly type: 4;
}
/** Answers a PUBLISH of QoS 2. */
export interface PubrecPacket extends AcknowledgementFields {
  readonly type: 5;
}
/** Answers a PUBREC. */
export interface PubrelPacket extends AcknowledgementFields {
  readonly type: 6;
}
/** Answers a PUBREL. */
export interface PubcompPacket extends AcknowledgementFields {
  readonly type: 7;
}
/** Any of the four. */
export type AcknowledgementPacket = PubackPacket | PubrecPacket | PubrelPacket | PubcompPacket;

/** Reads one of the four after its fixed header. */
export function decodeAcknowledgement(
  reader: Reader,
  type: 4 | 5 | 6 | 7,
  version: ProtocolVersion,
  from: Sender,
  maximumUserProperties: number,
): AcknowledgementPacket {
  const packetId = reader.packetId();
  if (version !== 5 || reader.remaining === 0) {
    reader.expectEnd();
    return { type, packetId, reasonCode: 0, properties: undefined };
  }
  const reasonCode = readReasonCode(reader, type, from);
  if (reader.remaining === 0) return { type, packetId, reasonCode, properties: undefined };
  const properties = readProperties(reader, PropertyPlace.Acknowledgement, maximumUserProperties);
  reader.expectEnd();
  return { type, packetId, reasonCode, properties };
}

/** Bytes after the fixed header: 2 without reason and properties, 3 without properties. */
export function measureAcknowledgement(packet: AcknowledgementPacket, version: ProtocolVersion): number {
  assertPacketId(packet.packetId);
  if (version !== 5) return 2;
  assertInteger(packet.reasonCode, 0, 0xff, "reason code");
  const length = measureProperties(packet.properties, PropertyPlace.Acknowledgement);
  if (length === 0) return packet.reasonCode === 0 ? 2 : 3;
  return 3 + measurePropertyList(packet.properties, PropertyPlace.Acknowledgement);
}

/** Writes everything after the fixed header; `length` is what the measure said. */
export function writeAcknowledgement(writer: Writer, packet: AcknowledgementPacket, length: number): void {
  writer.uint16(packet.packetId);
  if (length > 2) writer.byte(packet.reasonCode);
  if (length > 3) writePropertyList(writer, packet.properties, PropertyPlace.Acknowledgement);
}

/**
 * Hot path: writes the short form with reason code 0 into `target`, which has 4 bytes of room at `offset`.
 * Returns the offset behind it.
 */
export function writeAck(target: Uint8Array, offset: number, type: 4 | 5 | 6 | 7, packetId: number): number {
  target[offset] = type === 6 ? 0x62 : type << 4;
  target[offset + 1] = 2;
  target[offset + 2] = packetId >>> 8;
  target[offset + 3] = packetId;
  return offset + 4;
}
