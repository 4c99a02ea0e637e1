/** SUBACK: what became of each filter of a SUBSCRIBE (MQTT 5.0, section 3.9). */
import type { ProtocolVersion } from "../packet-type.ts";
import { readProperties } from "../properties/read.ts";
import { PropertyPlace } from "../properties/table.ts";
import type { AckProperties } from "../properties/types.ts";
import { measurePropertyList, writePropertyList } from "../properties/write.ts";
import type { Reader } from "../reader.ts";
import { readReasonCode } from "../reason-code-places.ts";
import { assertInteger, assertPacketId, type Writer } from "../writer.ts";

/** The answer to SUBSCRIBE. */
export interface SubackPacket {
  readonly type: 9;
  readonly packetId: number;
  /** One for each filter, in order. Encoder: 0x80 and above become 0x80 for 3.1.1 and 3.1. */
  readonly reasonCodes: readonly number[];
  readonly properties?: AckProperties | undefined;
}

/** Reads a SUBACK after its fixed header. */
export function decodeSuback(reader: Reader, version: ProtocolVersion, maximumUserProperties: number): SubackPacket {
  const packetId = reader.packetId();
  const properties =
    version === 5 ? readProperties(reader, PropertyPlace.Acknowledgement, maximumUserProperties) : undefined;
  const reasonCodes: number[] = [];
  while (reader.remaining > 0) {
    reasonCodes.push(version === 5 ? readReasonCode(reader, 9, "server") : readReturnCode(reader));
  }
  if (reasonCodes.length === 0) throw reader.malformed("has no reason code");
  return { type: 9, packetId, reasonCodes, properties };
}

function readReturnCode(reader: Reader): number {
  const code = reader.byte();
  if (code > 2 && code !== 0x80) throw reader.protocolError(`has return code 0x${code.toString(16)}`); // 3.1.1 [MQTT-3.9.3-2]
  return code;
}

/** Bytes after the fixed header. */
export function measureSuback(packet: SubackPacket, version: ProtocolVersion): number {
  assertPacketId(packet.packetId);
  for (const code of packet.reasonCodes) assertInteger(code, 0, 0xff, "reason code");
  return (
    2 +
    (version === 5 ? measurePropertyList(packet.properties, PropertyPlace.Acknowledgement) : 0) +
    packet.reasonCodes.length
  );
}

/** Writes everything after the fixed header. */
export function writeSuback(writer: Writer, packet: SubackPacket, version: ProtocolVersion): void {
  writer.uint16(packet.packetId);
  if (version === 5) writePropertyList(writer, packet.properties, PropertyPlace.Acknowledgement);
  for (const code of packet.reasonCodes) writer.byte(version === 5 ? code : Math.min(code, 0x80));
}
