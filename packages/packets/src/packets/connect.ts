/** CONNECT: a client introduces itself (MQTT 5.0, section 3.1). */
import { ProtocolError, UnsupportedVersionError } from "../errors.ts";
import type { ProtocolVersion, QoS } from "../packet-type.ts";
import { readProperties } from "../properties/read.ts";
import { PropertyPlace } from "../properties/table.ts";
import type { UserProperty } from "../properties/types.ts";
import { measurePropertyList, writePropertyList } from "../properties/write.ts";
import type { Reader } from "../reader.ts";
import { ReasonCode } from "../reason-code.ts";
import { isValidTopicName } from "../topic/name.ts";
import { assertInteger, measureBinary, measureString, type Writer } from "../writer.ts";

/** Properties of CONNECT (section 3.1.2.11). */
export interface ConnectProperties {
  /** Seconds the session outlives the connection; 4,294,967,295: for ever. Absent: 0. */
  readonly sessionExpiryInterval?: number | undefined;
  readonly authenticationMethod?: string | undefined;
  readonly authenticationData?: Uint8Array | undefined;
  /** Whether answers may carry reason strings and user properties. Absent: true. */
  readonly requestProblemInformation?: boolean | undefined;
  /** Whether CONNACK may carry response information. Absent: false. */
  readonly requestResponseInformation?: boolean | undefined;
  /** Unfinished QoS 1 and 2 messages the client takes at a time, 1 to 65,535. Absent: 65,535. */
  readonly receiveMaximum?: number | undefined;
  /** Highest topic alias the client takes. Absent: 0, none. */
  readonly topicAliasMaximum?: number | undefined;
  /** Largest packet in bytes the client takes. Absent: no limit. */
  readonly maximumPacketSize?: number | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

/** Properties of the will message (section 3.1.3.2). */
export interface WillProperties {
  /** Seconds between the end of the connection and the publication. Absent: 0. */
  readonly willDelayInterval?: number | undefined;
  readonly payloadFormatIndicator?: 0 | 1 | undefined;
  readonly messageExpiryInterval?: number | undefined;
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

/** The message to be published when the connection ends without a normal DISCONNECT. */
export interface Will {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties?: WillProperties | undefined;
}

/** The first packet of every connection. */
export interface ConnectPacket {
  readonly type: 1;
  /** `MQTT`, or `MQIsdp` for 3.1. Encoder: absent follows from protocolVersion. */
  readonly protocolName?: string | undefined;
  readonly protocolVersion: ProtocolVersion;
  /** Clean Start; in 3.1 and 3.1.1 the Clean Session flag. */
  readonly cleanStart: boolean;
  /** Seconds; 0 turns keep alive off. */
  readonly keepAlive: number;
  /** May be empty: the server then assigns one or refuses. */
  readonly clientId: string;
  readonly will?: Will | undefined;
  readonly username?: string | undefined;
  readonly password?: Uint8Array | undefined;
  /** Whether bit 0x80 of the level was set, by which bridges of 3.1 and 3.1.1 say what they are. Absent: false. */
  readonly bridge?: boolean | undefined;
  readonly properties?: ConnectProperties | undefined;
}

/** Told the protocol version as soon as it is known, so that a refusal of the rest can have the right shape. */
export interface VersionListener {
  version: ProtocolVersion | undefined;
}

const USERNAME = 0x80;
const PASSWORD = 0x40;
const WILL_RETAIN = 0x20;
const WILL_QOS = 0x18;
const WILL = 0x04;
const CLEAN_START = 0x02;
const RESERVED = 0x01;
const BRIDGE = 0x80;

/** Reads a CONNECT after its fixed header. */
export function decodeConnect(reader: Reader, listener: VersionListener, maximumUserProperties: number): ConnectPacket {
  const protocolName = reader.string();
  const level = reader.byte();
  const protocolVersion = versionOf(protocolName, level);
  listener.version ??= protocolVersion;
  const flags = reader.byte();
  checkFlags(reader, flags, protocolVersion);
  const keepAlive = reader.uint16();
  const properties =
    protocolVersion === 5 ? readProperties(reader, PropertyPlace.Connect, maximumUserProperties) : undefined;
  const clientId = reader.string();
  const will = (flags & WILL) !== 0 ? decodeWill(reader, flags, protocolVersion, maximumUserProperties) : undefined;
  // 3.1 lets a client set the flags and leave the fields away: the remaining length decides
  const tolerant = protocolVersion === 3;
  const username = (flags & USERNAME) !== 0 && !(tolerant && reader.remaining === 0) ? reader.string() : undefined;
  const password = (flags & PASSWORD) !== 0 && !(tolerant && reader.remaining === 0) ? reader.binary() : undefined;
  reader.expectEnd();
  return {
    type: 1,
    protocolName,
    protocolVersion,
    cleanStart: (flags & CLEAN_START) !== 0,
    keepAlive,
    clientId,
    will,
    username,
    password,
    bridge: level !== protocolVersion,
    properties,
  };
}

/** Name and level belong together: MQIsdp 3, MQTT 4 and 5 [MQTT-3.1.2-1] [MQTT-3.1.2-2]. */
function versionOf(protocolName: string, level: number): ProtocolVersion {
  if (protocolName === "MQTT") {
    if (level === 5) return 5;
    if ((level & ~BRIDGE) === 4) return 4;
  } else if (protocolName === "MQIsdp" && (level & ~BRIDGE) === 3) {
    return 3;
  }
  throw new UnsupportedVersionError(protocolName, level);
}

function checkFlags(reader: Reader, flags: number, version: ProtocolVersion): void {
  // bit 0 was merely unused in 3.1
  if ((flags & RESERVED) !== 0 && version !== 3) throw reader.malformed("has its reserved flag set"); // [MQTT-3.1.2-3]
  if ((flags & WILL_QOS) === WILL_QOS) throw reader.malformed("has will QoS 3"); // [MQTT-3.1.2-12]
  if ((flags & WILL) === 0 && (flags & (WILL_QOS | WILL_RETAIN)) !== 0) {
    throw reader.malformed("has a will QoS or will retain without a will"); // [MQTT-3.1.2-11] [MQTT-3.1.2-13]
  }
  if (version !== 5 && (flags & (USERNAME | PASSWORD)) === PASSWORD) {
    throw reader.malformed("has a password without a user name"); // 3.1.1 [MQTT-3.1.2-22]
  }
}

function decodeWill(reader: Reader, flags: number, version: ProtocolVersion, maximumUserProperties: number): Will {
  const properties = version === 5 ? readProperties(reader, PropertyPlace.Will, maximumUserProperties) : undefined;
  const topic = reader.string();
  if (!isValidTopicName(topic)) {
    throw new ProtocolError(ReasonCode.TopicNameInvalid, "will topic is empty or contains a wildcard");
  }
  const payload = reader.binary();
  return {
    topic,
    payload,
    qos: ((flags & WILL_QOS) >> 3) as QoS,
    retain: (flags & WILL_RETAIN) !== 0,
    properties,
  };
}

/** Bytes after the fixed header. */
export function measureConnect(packet: ConnectPacket, version: ProtocolVersion): number {
  assertInteger(packet.keepAlive, 0, 0xffff, "keep alive");
  let length = measureString(protocolNameOf(packet, version)) + 4 + measureString(packet.clientId);
  if (version === 5) length += measurePropertyList(packet.properties, PropertyPlace.Connect);
  const { will, username, password } = packet;
  if (will !== undefined) {
    assertInteger(will.qos, 0, 2, "will QoS");
    if (version === 5) length += measurePropertyList(will.properties, PropertyPlace.Will);
    length += measureString(will.topic) + measureBinary(will.payload);
  }
  if (username !== undefined) length += measureString(username);
  if (password !== undefined) length += measureBinary(password);
  if (version !== 5 && password !== undefined && username === undefined) {
    throw new RangeError("a password without a user name needs MQTT 5.0");
  }
  return length;
}

/** Writes everything after the fixed header. */
export function writeConnect(writer: Writer, packet: ConnectPacket, version: ProtocolVersion): void {
  const { will, username, password } = packet;
  writer.string(protocolNameOf(packet, version));
  writer.byte(packet.bridge === true && version !== 5 ? version | BRIDGE : version);
  writer.byte(
    (username === undefined ? 0 : USERNAME) |
      (password === undefined ? 0 : PASSWORD) |
      (will === undefined ? 0 : WILL | (will.qos << 3) | (will.retain ? WILL_RETAIN : 0)) |
      (packet.cleanStart ? CLEAN_START : 0),
  );
  writer.uint16(packet.keepAlive);
  if (version === 5) writePropertyList(writer, packet.properties, PropertyPlace.Connect);
  writer.string(packet.clientId);
  if (will !== undefined) {
    if (version === 5) writePropertyList(writer, will.properties, PropertyPlace.Will);
    writer.string(will.topic);
    writer.binary(will.payload);
  }
  if (username !== undefined) writer.string(username);
  if (password !== undefined) writer.binary(password);
}

function protocolNameOf(packet: ConnectPacket, version: ProtocolVersion): string {
  return packet.protocolName ?? (version === 3 ? "MQIsdp" : "MQTT");
}
