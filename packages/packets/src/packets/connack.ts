/** CONNACK: the server's answer to CONNECT (MQTT 5.0, section 3.2). */
import type { ProtocolVersion } from "../packet-type.ts";
import { readProperties } from "../properties/read.ts";
import { PropertyPlace } from "../properties/table.ts";
import type { UserProperty } from "../properties/types.ts";
import { measurePropertyList, writePropertyList } from "../properties/write.ts";
import type { Reader } from "../reader.ts";
import { readReasonCode } from "../reason-code-places.ts";
import { assertInteger, type Writer } from "../writer.ts";

/** Properties of CONNACK (section 3.2.2.3): what the server allows and decided. */
export interface ConnackProperties {
  /** Seconds; absent: as the client asked. */
  readonly sessionExpiryInterval?: number | undefined;
  readonly assignedClientIdentifier?: string | undefined;
  /** Seconds the client has to use instead of its own keep alive. */
  readonly serverKeepAlive?: number | undefined;
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Uint8Array | undefined;
  readonly responseInformation?: string | undefined;
  readonly serverReference?: string | undefined;
  readonly reasonString?: string | undefined;
  /** Absent: 65,535. */
  readonly receiveMaximum?: number | undefined;
  /** Absent: 0. */
  readonly topicAliasMaximum?: number | undefined;
  /** Absent: 2, which must not be sent [MQTT-3.2.2-9]. */
  readonly maximumQoS?: 0 | 1 | undefined;
  /** Absent: true. */
  readonly retainAvailable?: boolean | undefined;
  readonly maximumPacketSize?: number | undefined;
  /** Absent: true. */
  readonly wildcardSubscriptionAvailable?: boolean | undefined;
  /** Absent: true. */
  readonly subscriptionIdentifierAvailable?: boolean | undefined;
  /** Absent: true. */
  readonly sharedSubscriptionAvailable?: boolean | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

/** The answer to CONNECT. */
export interface ConnackPacket {
  readonly type: 2;
  /** Always false in 3.1, which has no such flag. */
  readonly sessionPresent: boolean;
  /** 5.0: a reason code; 3.1 and 3.1.1: a return code, 0 to 5. */
  readonly reasonCode: number;
  readonly properties?: ConnackProperties | undefined;
}

/** Reads a CONNACK after its fixed header. */
export function decodeConnack(reader: Reader, version: ProtocolVersion, maximumUserProperties: number): ConnackPacket {
  const flags = reader.byte();
  // 3.1 has a reserved byte where session present is now
  if (version !== 3 && (flags & 0xfe) !== 0) throw reader.malformed(`has reserved flags 0x${flags.toString(16)}`); // [MQTT-3.2.2-1]
  const reasonCode = version === 5 ? readReasonCode(reader, 2, "server") : readReturnCode(reader);
  const sessionPresent = version !== 3 && flags === 1;
  if (sessionPresent && reasonCode !== 0) throw reader.protocolError("refuses and has session present"); // [MQTT-3.2.2-6]
  const properties = version === 5 ? readProperties(reader, PropertyPlace.Connack, maximumUserProperties) : undefined;
  reader.expectEnd();
  return { type: 2, sessionPresent, reasonCode, properties };
}

function readReturnCode(reader: Reader): number {
  const code = reader.byte();
  if (code > 5) throw reader.protocolError(`has return code ${code}, which is above 5`);
  return code;
}

/** Bytes after the fixed header. */
export function measureConnack(packet: ConnackPacket, version: ProtocolVersion): number {
  assertInteger(packet.reasonCode, 0, version === 5 ? 0xff : 5, version === 5 ? "reason code" : "return code");
  return 2 + (version === 5 ? measurePropertyList(packet.properties, PropertyPlace.Connack) : 0);
}

/** Writes everything after the fixed header. */
export function writeConnack(writer: Writer, packet: ConnackPacket, version: ProtocolVersion): void {
  writer.byte(packet.sessionPresent && version !== 3 ? 1 : 0);
  writer.byte(packet.reasonCode);
  if (version === 5) writePropertyList(writer, packet.properties, PropertyPlace.Connack);
}
