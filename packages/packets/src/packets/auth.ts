/** AUTH: a step of enhanced authentication, 5.0 only (section 3.15). */
import type { ProtocolVersion, Sender } from "../packet-type.ts";
import { readProperties } from "../properties/read.ts";
import { PropertyPlace } from "../properties/table.ts";
import type { UserProperty } from "../properties/types.ts";
import { measurePropertyList, writePropertyList } from "../properties/write.ts";
import type { Reader } from "../reader.ts";
import type { ReasonCode } from "../reason-code.ts";
import { readReasonCode } from "../reason-code-places.ts";
import { assertInteger, type Writer } from "../writer.ts";

/** Properties of AUTH. */
export interface AuthProperties {
  /** Always there in a decoded packet. */
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Uint8Array | undefined;
  readonly reasonString?: string | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

/** One step of an authentication exchange. */
export interface AuthPacket {
  readonly type: 15;
  readonly reasonCode: ReasonCode;
  readonly properties?: AuthProperties | undefined;
}

/** Reads an AUTH after its fixed header. The short form has no method, which is an error of its own (section 3.15.2.2.2). */
export function decodeAuth(reader: Reader, from: Sender, maximumUserProperties: number): AuthPacket {
  if (reader.remaining === 0) throw reader.protocolError("has no authentication method");
  const reasonCode = readReasonCode(reader, 15, from);
  const properties = readProperties(reader, PropertyPlace.Auth, maximumUserProperties);
  reader.expectEnd();
  if (properties?.authenticationMethod === undefined) throw reader.protocolError("has no authentication method");
  return { type: 15, reasonCode, properties };
}

/** Bytes after the fixed header. @throws RangeError before 5.0 */
export function measureAuth(packet: AuthPacket, version: ProtocolVersion): number {
  if (version !== 5) throw new RangeError(`AUTH needs MQTT 5.0, not level ${version}`);
  assertInteger(packet.reasonCode, 0, 0xff, "reason code");
  return 1 + measurePropertyList(packet.properties, PropertyPlace.Auth);
}

/** Writes everything after the fixed header. */
export function writeAuth(writer: Writer, packet: AuthPacket): void {
  writer.byte(packet.reasonCode);
  writePropertyList(writer, packet.properties, PropertyPlace.Auth);
}
