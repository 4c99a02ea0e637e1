/** SUBSCRIBE: a client asks for topics (MQTT 5.0, section 3.8). */
import { LimitExceededError } from "../errors.ts";
import type { ProtocolVersion, QoS, RetainHandling } from "../packet-type.ts";
import { readProperties } from "../properties/read.ts";
import { PropertyPlace } from "../properties/table.ts";
import type { UserProperty } from "../properties/types.ts";
import { measurePropertyList, writePropertyList } from "../properties/write.ts";
import type { Reader } from "../reader.ts";
import { ReasonCode } from "../reason-code.ts";
import { isSharedFilter } from "../topic/filter.ts";
import { assertInteger, assertPacketId, measureString, type Writer } from "../writer.ts";

/** One topic filter with its options (section 3.8.3.1). */
export interface SubscriptionRequest {
  /** As received: well-formed UTF-8, but perhaps not a valid filter. */
  readonly filter: string;
  /** The highest QoS the client wants. */
  readonly qos: QoS;
  /** Not the client's own messages. false in 3.1 and 3.1.1. */
  readonly noLocal: boolean;
  /** Keep the RETAIN flag of forwarded messages. false in 3.1 and 3.1.1. */
  readonly retainAsPublished: boolean;
  /** 0 in 3.1 and 3.1.1. */
  readonly retainHandling: RetainHandling;
}

/** Properties of SUBSCRIBE. */
export interface SubscribeProperties {
  /** 1 to 268,435,455; comes back in each PUBLISH that these filters cause. */
  readonly subscriptionIdentifier?: number | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

/** A request for one or more subscriptions. */
export interface SubscribePacket {
  readonly type: 8;
  readonly packetId: number;
  /** At least one. */
  readonly subscriptions: readonly SubscriptionRequest[];
  readonly properties?: SubscribeProperties | undefined;
}

const NO_LOCAL = 0x04;
const RETAIN_AS_PUBLISHED = 0x08;

/** Reads a SUBSCRIBE after its fixed header. Whether the filters are valid is for the server to answer, one by one. */
export function decodeSubscribe(
  reader: Reader,
  version: ProtocolVersion,
  maximumUserProperties: number,
  maximumFilters: number,
): SubscribePacket {
  const packetId = reader.packetId();
  const properties = version === 5 ? readProperties(reader, PropertyPlace.Subscribe, maximumUserProperties) : undefined;
  const subscriptions: SubscriptionRequest[] = [];
  while (reader.remaining > 0) {
    assertFilterCount(subscriptions.length, maximumFilters);
    const filter = reader.string();
    subscriptions.push(decodeOptions(reader, filter, version));
  }
  if (subscriptions.length === 0) throw reader.protocolError("has no topic filter"); // [MQTT-3.8.3-2]
  return { type: 8, packetId, subscriptions, properties };
}

/** Refuses one filter too many. */
export function assertFilterCount(count: number, maximumFilters: number): void {
  if (count >= maximumFilters) {
    throw new LimitExceededError(
      "maximumFilters",
      ReasonCode.QuotaExceeded,
      `packet has more topic filters than the maximum of ${maximumFilters}`,
    );
  }
}

function decodeOptions(reader: Reader, filter: string, version: ProtocolVersion): SubscriptionRequest {
  const options = reader.byte();
  if ((options & (version === 5 ? 0xc0 : 0xfc)) !== 0) {
    throw reader.malformed(`has reserved bits in subscription options 0x${options.toString(16)}`); // [MQTT-3.8.3-5]
  }
  const qos = options & 0x03;
  if (qos === 3) throw reader.protocolError("asks for QoS 3");
  const retainHandling = options >> 4;
  if (retainHandling === 3) throw reader.protocolError("has retain handling 3");
  const noLocal = (options & NO_LOCAL) !== 0;
  if (noLocal && isSharedFilter(filter)) throw reader.protocolError("has no local on a shared subscription"); // [MQTT-3.8.3-4]
  return {
    filter,
    qos: qos as QoS,
    noLocal,
    retainAsPublished: (options & RETAIN_AS_PUBLISHED) !== 0,
    retainHandling: retainHandling as RetainHandling,
  };
}

/** Bytes after the fixed header. */
export function measureSubscribe(packet: SubscribePacket, version: ProtocolVersion): number {
  assertPacketId(packet.packetId);
  assertInteger(packet.subscriptions.length, 1, Number.MAX_SAFE_INTEGER, "number of topic filters");
  let length = 2 + (version === 5 ? measurePropertyList(packet.properties, PropertyPlace.Subscribe) : 0);
  for (const { filter, qos, retainHandling } of packet.subscriptions) {
    assertInteger(qos, 0, 2, "QoS");
    assertInteger(retainHandling, 0, 2, "retain handling");
    length += measureString(filter) + 1;
  }
  return length;
}

/** Writes everything after the fixed header; 3.1 and 3.1.1 have no option but QoS. */
export function writeSubscribe(writer: Writer, packet: SubscribePacket, version: ProtocolVersion): void {
  writer.uint16(packet.packetId);
  if (version === 5) writePropertyList(writer, packet.properties, PropertyPlace.Subscribe);
  for (const { filter, qos, noLocal, retainAsPublished, retainHandling } of packet.subscriptions) {
    writer.string(filter);
    writer.byte(
      version === 5
        ? qos | (noLocal ? NO_LOCAL : 0) | (retainAsPublished ? RETAIN_AS_PUBLISHED : 0) | (retainHandling << 4)
        : qos,
    );
  }
}
