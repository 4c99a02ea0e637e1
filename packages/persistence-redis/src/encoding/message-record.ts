/** A message as bytes: version, head, properties, then the payload up to the end (docs/redis-layout.md). */

import type { MessageProperties, QoS, StoredMessage, UserProperty } from "@gmqtt/broker";
import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** Version of every binary record; a reader refuses what it does not know. */
export const RECORD_VERSION = 1;

const RETAIN = 0x04;
const HAS_PROPERTIES = 0x08;

/** The properties have their numbers of MQTT 5.0 section 2.2.2.2. */
const Property = {
  PayloadFormatIndicator: 1,
  MessageExpiryInterval: 2,
  ContentType: 3,
  ResponseTopic: 8,
  CorrelationData: 9,
  UserProperty: 38,
} as const;

export function writeMessage(writer: ByteWriter, message: StoredMessage): void {
  const { payload, properties, publisher, qos, receivedAt, retain, topic } = message;
  writer.u8(RECORD_VERSION);
  writer.u8(qos | (retain ? RETAIN : 0) | (properties === undefined ? 0 : HAS_PROPERTIES));
  writer.f64(receivedAt);
  writer.text16(publisher);
  writer.text16(topic);
  if (properties !== undefined) writeProperties(writer, properties);
  writer.bytes(payload);
}

/** The payload is a view into the record. */
export function readMessage(reader: ByteReader): StoredMessage {
  checkVersion(reader.u8());
  const flags = reader.u8();
  const receivedAt = reader.f64();
  const publisher = reader.text16();
  const topic = reader.text16();
  const properties = (flags & HAS_PROPERTIES) === 0 ? undefined : readProperties(reader);
  const retain = (flags & RETAIN) !== 0;
  return { topic, payload: reader.rest(), qos: (flags & 3) as QoS, retain, properties, publisher, receivedAt };
}

/** @throws Error for a record that a later version of this package wrote */
export function checkVersion(version: number): void {
  if (version !== RECORD_VERSION) {
    throw new Error(`a record has version ${version}, this version of the store reads ${RECORD_VERSION}`);
  }
}

function writeProperties(writer: ByteWriter, properties: MessageProperties): void {
  const { contentType, correlationData, messageExpiryInterval, payloadFormatIndicator, responseTopic, userProperties } =
    properties;
  if (payloadFormatIndicator !== undefined) {
    writer.u8(Property.PayloadFormatIndicator);
    writer.u8(payloadFormatIndicator);
  }
  if (messageExpiryInterval !== undefined) {
    writer.u8(Property.MessageExpiryInterval);
    writer.u32(messageExpiryInterval);
  }
  if (contentType !== undefined) {
    writer.u8(Property.ContentType);
    writer.text16(contentType);
  }
  if (responseTopic !== undefined) {
    writer.u8(Property.ResponseTopic);
    writer.text16(responseTopic);
  }
  if (correlationData !== undefined) {
    writer.u8(Property.CorrelationData);
    writer.bytes32(correlationData);
  }
  for (const [name, value] of userProperties ?? []) {
    writer.u8(Property.UserProperty);
    writer.text16(name);
    writer.text16(value);
  }
  writer.u8(0);
}

function readProperties(reader: ByteReader): MessageProperties {
  const properties: MessageProperties = {};
  const userProperties: UserProperty[] = [];
  for (let id = reader.u8(); id !== 0; id = reader.u8()) {
    if (id === Property.PayloadFormatIndicator) properties.payloadFormatIndicator = reader.u8() as 0 | 1;
    else if (id === Property.MessageExpiryInterval) properties.messageExpiryInterval = reader.u32();
    else if (id === Property.ContentType) properties.contentType = reader.text16();
    else if (id === Property.ResponseTopic) properties.responseTopic = reader.text16();
    else if (id === Property.CorrelationData) properties.correlationData = reader.bytes32();
    else if (id === Property.UserProperty) userProperties.push([reader.text16(), reader.text16()]);
    else throw new Error(`a record has the unknown property ${id}`);
  }
  if (userProperties.length > 0) properties.userProperties = userProperties;
  return properties;
}
