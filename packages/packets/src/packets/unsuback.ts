/** UNSUBACK: what became of each filter of an UNSUBSCRIBE (MQTT 5.0, section 3.11). */
import type { ProtocolVersion } from "../packet-type.ts";
import { readProperties } from "../properties/read.ts";
import { PropertyPlace } from "../properties/table.ts";
import type { AckProperties } from "../properties/types.ts";
import { measurePropertyList, writePropertyList } from "../properties/write.ts";
import type { Reader } from "../reader.ts";
import { readReasonCode } from "../reason-code-places.ts";
import { assertInteger, assertPacketId, type Writer } from "../writer.ts";

/** The answer to UNSUBSCRIBE. */
export interface UnsubackPacket {
  readonly type: 11;
  readonly packetId: number;
  /** One for each filter, in order. Not on the wire in 3.1 and 3.1.1: decoded as empty, not written. */
  readonly reasonCodes: readonly number[];
  readonly properties?: AckProperties | undefined;
}

/** Reads an UNSUBACK after its fixed header. */
export function decodeUnsuback(
  reader: Reader,
  version: ProtocolVersion,
  maximumUserProperties: number,
): UnsubackPacket {
  const packetId = reader.packetId();
  const reasonCodes: number[] = [];
  if (version !== 5) {
    reader.expectEnd();
    return { type: 11, packetId, reasonCodes, properties: undefined };
  }
  const properties = readProperties(reader, PropertyPlace.Acknowledgement, maximumUserProperties);
  while (reader.remaining > 0) reasonCodes.push(readReasonCode(reader, 11, "server"));
  if (reasonCodes.length === 0) throw reader.malformed("has no reason code");
  return { type: 11, packetId, reasonCodes, properties };
}

/** Bytes after the fixed header. */
export function measureUnsuback(packet: UnsubackPacket, version: ProtocolVersion): number {
  assertPacketId(packet.packetId);
  if (version !== 5) return 2;
  for (const code of packet.reasonCodes) assertInteger(code, 0, 0xff, "reason code");
  return 2 + measurePropertyList(packet.properties, PropertyPlace.Acknowledgement) + packet.reasonCodes.length;
}

/** Writes everything after the fixed header. */
export function writeUnsuback(writer: Writer, packet: UnsubackPacket, version: ProtocolVersion): void {
  writer.uint16(packet.packetId);
  if (version !== 5) return;
  writePropertyList(writer, packet.properties, PropertyPlace.Acknowledgement);
  for (const code of packet.reasonCodes) writer.byte(code);
}
