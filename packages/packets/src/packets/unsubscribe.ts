/** UNSUBSCRIBE: a client gives subscriptions up (MQTT 5.0, section 3.10). */
import type { ProtocolVersion } from "../packet-type.ts";
import { readProperties } from "../properties/read.ts";
import { PropertyPlace } from "../properties/table.ts";
import type { UserProperty } from "../properties/types.ts";
import { measurePropertyList, writePropertyList } from "../properties/write.ts";
import type { Reader } from "../reader.ts";
import { assertInteger, assertPacketId, measureString, type Writer } from "../writer.ts";
import { assertFilterCount } from "./subscribe.ts";

/** Properties of UNSUBSCRIBE. */
export interface UnsubscribeProperties {
  readonly userProperties?: readonly UserProperty[] | undefined;
}

/** A request to end one or more subscriptions. */
export interface UnsubscribePacket {
  readonly type: 10;
  readonly packetId: number;
  /** At least one; compared character by character with those subscribed to. */
  readonly filters: readonly string[];
  readonly properties?: UnsubscribeProperties | undefined;
}

/** Reads an UNSUBSCRIBE after its fixed header. */
export function decodeUnsubscribe(
  reader: Reader,
  version: ProtocolVersion,
  maximumUserProperties: number,
  maximumFilters: number,
): UnsubscribePacket {
  const packetId = reader.packetId();
  const properties =
    version === 5 ? readProperties(reader, PropertyPlace.Unsubscribe, maximumUserProperties) : undefined;
  const filters: string[] = [];
  while (reader.remaining > 0) {
    assertFilterCount(filters.length, maximumFilters);
    filters.push(reader.string());
  }
  if (filters.length === 0) throw reader.protocolError("has no topic filter"); // [MQTT-3.10.3-2]
  return { type: 10, packetId, filters, properties };
}

/** Bytes after the fixed header. */
export function measureUnsubscribe(packet: UnsubscribePacket, version: ProtocolVersion): number {
  assertPacketId(packet.packetId);
  assertInteger(packet.filters.length, 1, Number.MAX_SAFE_INTEGER, "number of topic filters");
  let length = 2 + (version === 5 ? measurePropertyList(packet.properties, PropertyPlace.Unsubscribe) : 0);
  for (const filter of packet.filters) length += measureString(filter);
  return length;
}

/** Writes everything after the fixed header. */
export function writeUnsubscribe(writer: Writer, packet: UnsubscribePacket, version: ProtocolVersion): void {
  writer.uint16(packet.packetId);
  if (version === 5) writePropertyList(writer, packet.properties, PropertyPlace.Unsubscribe);
  for (const filter of packet.filters) writer.string(filter);
}
