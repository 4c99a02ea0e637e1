/** DISCONNECT: the last packet of a connection, from either side in 5.0 (section 3.14). */
import type { ProtocolVersion, Sender } from "../packet-type.ts";
import { readProperties } from "../properties/read.ts";
import { PropertyPlace } from "../properties/table.ts";
import type { UserProperty } from "../properties/types.ts";
import { measureProperties, measurePropertyList, writePropertyList } from "../properties/write.ts";
import type { Reader } from "../reader.ts";
import type { ReasonCode } from "../reason-code.ts";
import { readReasonCode } from "../reason-code-places.ts";
import { assertInteger, type Writer } from "../writer.ts";

/** Properties of DISCONNECT. */
export interface DisconnectProperties {
  /** Seconds; only from the client. Absent: as at CONNECT. */
  readonly sessionExpiryInterval?: number | undefined;
  readonly reasonString?: string | undefined;
  /** Another server to use; only from the server. */
  readonly serverReference?: string | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

/** The announcement that the connection ends, and why. */
export interface DisconnectPacket {
  readonly type: 14;
  /** 0 in 3.1 and 3.1.1, and in the short form. */
  readonly reasonCode: ReasonCode;
  readonly properties?: DisconnectProperties | undefined;
}

/** Reads a DISCONNECT after its fixed header. */
export function decodeDisconnect(
  reader: Reader,
  version: ProtocolVersion,
  from: Sender,
  maximumUserProperties: number,
): DisconnectPacket {
  if (version !== 5 || reader.remaining === 0) {
    reader.expectEnd();
    return { type: 14, reasonCode: 0, properties: undefined };
  }
  const reasonCode = readReasonCode(reader, 14, from);
  if (reader.remaining === 0) return { type: 14, reasonCode, properties: undefined };
  const properties = readProperties(reader, PropertyPlace.Disconnect, maximumUserProperties);
  reader.expectEnd();
  if (from === "server" && properties?.sessionExpiryInterval !== undefined) {
    throw reader.protocolError("from a server has a session expiry interval"); // [MQTT-3.14.2-2]
  }
  if (from === "client" && properties?.serverReference !== undefined) {
    throw reader.protocolError("from a client has a server reference");
  }
  return { type: 14, reasonCode, properties };
}

/** Bytes after the fixed header: 0 for a normal end without properties, 1 without properties. */
export function measureDisconnect(packet: DisconnectPacket, version: ProtocolVersion): number {
  if (version !== 5) return 0;
  assertInteger(packet.reasonCode, 0, 0xff, "reason code");
  const length = measureProperties(packet.properties, PropertyPlace.Disconnect);
  if (length === 0) return packet.reasonCode === 0 ? 0 : 1;
  return 1 + measurePropertyList(packet.properties, PropertyPlace.Disconnect);
}

/** Writes everything after the fixed header; `length` is what the measure said. */
export function writeDisconnect(writer: Writer, packet: DisconnectPacket, length: number): void {
  if (length > 0) writer.byte(packet.reasonCode);
  if (length > 1) writePropertyList(writer, packet.properties, PropertyPlace.Disconnect);
}
