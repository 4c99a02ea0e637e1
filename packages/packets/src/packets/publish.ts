/** PUBLISH: an application message on its way (MQTT 5.0, section 3.3). Decoding it is in the decoder's hot path. */
import type { Buffer } from "../buffer.ts";
import { takeMemory } from "../memory.ts";
import type { ProtocolVersion, QoS, Sender } from "../packet-type.ts";
import { readProperties } from "../properties/read.ts";
import { PropertyPlace } from "../properties/table.ts";
import type { UserProperty } from "../properties/types.ts";
import { measureProperties, writeProperties } from "../properties/write.ts";
import type { Reader } from "../reader.ts";
import { decodeTopicName, type TopicTable } from "../topic-table.ts";
import { SHORT, stringLength, writeAscii } from "../utf8.ts";
import { assertInteger, assertPacketId, variableByteIntegerLength, Writer } from "../writer.ts";

/** Properties of PUBLISH (section 3.3.2.3). */
export interface PublishProperties {
  /** 1: the payload is UTF-8 text. Absent: 0, bytes. */
  readonly payloadFormatIndicator?: 0 | 1 | undefined;
  /** Seconds the message is worth delivering. Absent: for ever. */
  readonly messageExpiryInterval?: number | undefined;
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  /** Only from server to client; one for each matching subscription that has one. */
  readonly subscriptionIdentifiers?: readonly number[] | undefined;
  /** Stands for the topic on this connection and in this direction. */
  readonly topicAlias?: number | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

/** An application message. */
export interface PublishPacket {
  readonly type: 3;
  readonly dup: boolean;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Empty when a topic alias stands for it. */
  readonly topic: string;
  /** 0 when QoS is 0. */
  readonly packetId: number;
  readonly payload: Uint8Array;
  readonly properties?: PublishProperties | undefined;
}

/** A PUBLISH as the decoder returns it: the payload is a view into the received bytes, which can be forwarded as they are. */
export class ReceivedPublish implements PublishPacket {
  // declared, not defined: the constructor alone gives every instance the same shape
  declare readonly type: 3;
  declare readonly dup: boolean;
  declare readonly qos: QoS;
  declare readonly retain: boolean;
  declare readonly topic: string;
  declare readonly packetId: number;
  /** `undefined` when there are none. */
  declare readonly properties: PublishProperties | undefined;
  declare readonly protocolVersion: ProtocolVersion;
  /** The buffer the packet was received in, or was put together in when it came in pieces. */
  declare readonly source: Buffer;
  /** Offset of the fixed header in `source`. */
  declare readonly frameStart: number;
  /** Offset of the payload in `source`. */
  declare readonly payloadStart: number;
  /** Offset behind the payload, which ends the packet. */
  declare readonly frameEnd: number;
  declare private view: Buffer | undefined;

  constructor(
    flags: number,
    topic: string,
    packetId: number,
    properties: PublishProperties | undefined,
    protocolVersion: ProtocolVersion,
    source: Buffer,
    frameStart: number,
    payloadStart: number,
    frameEnd: number,
  ) {
    this.type = 3;
    this.dup = (flags & 0x08) !== 0;
    this.qos = ((flags >> 1) & 0x03) as QoS;
    this.retain = (flags & 0x01) !== 0;
    this.topic = topic;
    this.packetId = packetId;
    this.properties = properties;
    this.protocolVersion = protocolVersion;
    this.source = source;
    this.frameStart = frameStart;
    this.payloadStart = payloadStart;
    this.frameEnd = frameEnd;
    this.view = undefined;
  }

  /** A view into `source`, made when first asked for. Who keeps it longer than the packet copies it. */
  get payload(): Buffer {
    this.view ??= this.source.subarray(this.payloadStart, this.frameEnd);
    return this.view;
  }

  /** Bytes of the payload, without making the view. */
  get payloadLength(): number {
    return this.frameEnd - this.payloadStart;
  }
}

/** Reads a PUBLISH after its fixed header, whose flags were checked; `frameStart` is where that began. */
export function decodePublish(
  reader: Reader,
  frameStart: number,
  version: ProtocolVersion,
  from: Sender,
  maximumUserProperties: number,
  topics: TopicTable | undefined,
): ReceivedPublish {
  const source = reader.bytes;
  const frameEnd = reader.end;
  const flags = source[frameStart] as number;
  let position = reader.position + 2;
  if (position > frameEnd) throw reader.malformed("ends within its topic");
  const topicStart = position;
  position += ((source[topicStart - 2] as number) << 8) | (source[topicStart - 1] as number);
  if (position > frameEnd) throw reader.malformed("ends within its topic");
  let topic = "";
  if (position > topicStart) {
    topic =
      topics === undefined
        ? decodeTopicName(source, topicStart, position)
        : topics.lookup(source, topicStart, position);
  } else if (version !== 5) {
    throw reader.malformed("has an empty topic"); // 3.1.1 [MQTT-4.7.3-1]
  }
  let packetId = 0;
  if ((flags & 0x06) !== 0) {
    if (position + 2 > frameEnd) throw reader.malformed("ends within its packet identifier");
    packetId = ((source[position] as number) << 8) | (source[position + 1] as number);
    if (packetId === 0) throw reader.protocolError("has packet identifier 0"); // [MQTT-2.2.1-3]
    position += 2;
  }
  let properties: PublishProperties | undefined;
  if (version === 5) {
    if (position < frameEnd && source[position] === 0) {
      position++;
    } else {
      reader.position = position;
      properties = readProperties(reader, PropertyPlace.Publish, maximumUserProperties);
      position = reader.position;
      if (from === "client" && properties?.subscriptionIdentifiers !== undefined) {
        throw reader.protocolError("from a client has a subscription identifier"); // [MQTT-3.3.4-6]
      }
    }
    if (topic === "" && properties?.topicAlias === undefined) {
      throw reader.protocolError("has neither a topic nor a topic alias");
    }
  }
  return new ReceivedPublish(flags, topic, packetId, properties, version, source, frameStart, position, frameEnd);
}

/** What {@link encodePublishHead} needs to know. */
export interface PublishHeadOptions {
  readonly topic: string;
  readonly qos: QoS;
  /** Default: false; always false on the wire at QoS 0 [MQTT-3.3.1-2]. */
  readonly dup?: boolean | undefined;
  /** Default: false. */
  readonly retain?: boolean | undefined;
  /** 1 to 65,535 for QoS 1 and 2. Default: 1, to be overwritten at `packetIdOffset` for each receiver. */
  readonly packetId?: number | undefined;
  /** Bytes of the payload that the caller appends. */
  readonly payloadLength: number;
  readonly properties?: PublishProperties | undefined;
}

/** A PUBLISH without its payload, encoded once for many receivers. */
export interface PublishFrame {
  /** Everything before the payload. */
  readonly head: Buffer;
  /** Offset of the packet identifier in `head`; -1 for QoS 0. */
  readonly packetIdOffset: number;
}

/**
 * Encodes a PUBLISH up to its payload, which the caller appends.
 * @throws RangeError for a packet identifier, length or property that its field cannot hold
 */
export function encodePublishHead(options: PublishHeadOptions, version: ProtocolVersion): PublishFrame {
  return frame(options, options.packetId ?? 1, options.payloadLength, 0, version);
}

/** Bytes after the fixed header. */
export function measurePublish(packet: PublishPacket, version: ProtocolVersion): number {
  const propertiesLength = version === 5 ? measureProperties(packet.properties, PropertyPlace.Publish) : 0;
  const topicLength = stringLength(packet.topic);
  return measureBody(topicLength, packet.qos, packet.packetId, propertiesLength, version) + packet.payload.length;
}

/** Encodes a whole PUBLISH; apart from the others because it is the one that has to be fast. */
export function encodePublish(packet: PublishPacket, version: ProtocolVersion): Buffer {
  const { payload } = packet;
  const { head } = frame(packet, packet.packetId, payload.length, payload.length, version);
  head.set(payload, head.length - payload.length);
  return head;
}

type FrameFields = Pick<PublishHeadOptions, "topic" | "qos" | "dup" | "retain" | "properties">;

/** The head with `room` bytes behind it. A short topic is taken for ASCII first: measuring costs as much as writing. */
function frame(
  fields: FrameFields,
  packetId: number,
  payloadLength: number,
  room: number,
  version: ProtocolVersion,
): PublishFrame {
  const { topic } = fields;
  const quick =
    topic.length <= SHORT ? tryFrame(fields, packetId, payloadLength, room, version, topic.length) : undefined;
  // a frame is there whenever the topic was measured
  return quick ?? (tryFrame(fields, packetId, payloadLength, room, version, undefined) as PublishFrame);
}

function tryFrame(
  fields: FrameFields,
  packetId: number,
  payloadLength: number,
  room: number,
  version: ProtocolVersion,
  asciiLength: number | undefined,
): PublishFrame | undefined {
  const { topic, qos, properties } = fields;
  const topicLength = asciiLength ?? stringLength(topic);
  const propertiesLength = version === 5 ? measureProperties(properties, PropertyPlace.Publish) : 0;
  const remaining = measureBody(topicLength, qos, packetId, propertiesLength, version) + payloadLength;
  const writer = new Writer(takeMemory(1 + variableByteIntegerLength(remaining) + remaining - payloadLength + room));
  writer.byte(firstByte(qos, fields.dup === true, fields.retain === true));
  writer.variableByteInteger(remaining);
  if (asciiLength === undefined) {
    writer.string(topic);
  } else {
    writer.uint16(topicLength);
    if (!writeAscii(writer.bytes, topic, writer.position)) return undefined;
    writer.position += topicLength;
  }
  const packetIdOffset = qos === 0 ? -1 : writer.position;
  if (qos !== 0) writer.uint16(packetId);
  if (version === 5) writeProperties(writer, properties, PropertyPlace.Publish, propertiesLength);
  return { head: writer.bytes, packetIdOffset };
}

function measureBody(
  topicLength: number,
  qos: QoS,
  packetId: number,
  propertiesLength: number,
  version: ProtocolVersion,
): number {
  assertInteger(qos, 0, 2, "QoS");
  if (qos !== 0) assertPacketId(packetId);
  return (
    2 +
    topicLength +
    (qos === 0 ? 0 : 2) +
    (version === 5 ? variableByteIntegerLength(propertiesLength) + propertiesLength : 0)
  );
}

/** DUP says nothing at QoS 0 and must be 0 there [MQTT-3.3.1-2]. */
function firstByte(qos: QoS, dup: boolean, retain: boolean): number {
  return 0x30 | (dup && qos !== 0 ? 0x08 : 0) | (qos << 1) | (retain ? 0x01 : 0);
}
