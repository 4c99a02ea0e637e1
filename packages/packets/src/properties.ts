/** Reads and writes property lists (MQTT 5.0, section 2.2.2): one table says what each identifier is and where it may stand. */

import { ProtocolError } from "./errors.ts";
import type { AnyProperties, UserProperty } from "./property-types.ts";
import type { Reader } from "./reader.ts";
import { ReasonCode } from "./reason-code.ts";
import {
  assertInteger,
  MAXIMUM_VARIABLE_BYTE_INTEGER,
  measureBinary,
  measureString,
  variableByteIntegerLength,
  type Writer,
} from "./writer.ts";

/** The places a property list can stand in, as bits. */
export const PropertyPlace = {
  Connect: 0x001,
  Will: 0x002,
  Connack: 0x004,
  Publish: 0x008,
  /** PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK: they allow the same two. */
  Acknowledgement: 0x010,
  Subscribe: 0x020,
  Unsubscribe: 0x040,
  Disconnect: 0x080,
  Auth: 0x100,
} as const;
/** One of the places. */
export type PropertyPlace = (typeof PropertyPlace)[keyof typeof PropertyPlace];

type Kind = "byte" | "flag" | "uint16" | "uint32" | "variable" | "string" | "binary" | "pairs" | "variables";

interface PropertyDefinition {
  readonly id: number;
  readonly name: keyof AnyProperties;
  readonly kind: Kind;
  /** Smallest value; 1 where the standard makes 0 a Protocol Error. */
  readonly minimum: 0 | 1;
  readonly places: number;
}

const { Connect, Will, Connack, Publish, Acknowledgement, Subscribe, Unsubscribe, Disconnect, Auth } = PropertyPlace;
const EVERYWHERE = 0x1ff;

function define(
  id: number,
  name: keyof AnyProperties,
  kind: Kind,
  places: number,
  minimum: 0 | 1 = 0,
): PropertyDefinition {
  return { id, name, kind, minimum, places };
}

/** All properties in the order of their identifiers, which is also the order they are written in. */
export const PROPERTIES: readonly PropertyDefinition[] = [
  define(0x01, "payloadFormatIndicator", "byte", Publish | Will),
  define(0x02, "messageExpiryInterval", "uint32", Publish | Will),
  define(0x03, "contentType", "string", Publish | Will),
  define(0x08, "responseTopic", "string", Publish | Will),
  define(0x09, "correlationData", "binary", Publish | Will),
  define(0x0b, "subscriptionIdentifier", "variable", Subscribe, 1),
  define(0x0b, "subscriptionIdentifiers", "variables", Publish, 1),
  define(0x11, "sessionExpiryInterval", "uint32", Connect | Connack | Disconnect),
  define(0x12, "assignedClientIdentifier", "string", Connack),
  define(0x13, "serverKeepAlive", "uint16", Connack),
  define(0x15, "authenticationMethod", "string", Connect | Connack | Auth),
  define(0x16, "authenticationData", "binary", Connect | Connack | Auth),
  define(0x17, "requestProblemInformation", "flag", Connect),
  define(0x18, "willDelayInterval", "uint32", Will),
  define(0x19, "requestResponseInformation", "flag", Connect),
  define(0x1a, "responseInformation", "string", Connack),
  define(0x1c, "serverReference", "string", Connack | Disconnect),
  define(0x1f, "reasonString", "string", Connack | Acknowledgement | Disconnect | Auth),
  define(0x21, "receiveMaximum", "uint16", Connect | Connack, 1),
  define(0x22, "topicAliasMaximum", "uint16", Connect | Connack),
  define(0x23, "topicAlias", "uint16", Publish, 1),
  define(0x24, "maximumQoS", "byte", Connack),
  define(0x25, "retainAvailable", "flag", Connack),
  define(0x26, "userProperties", "pairs", EVERYWHERE),
  define(0x27, "maximumPacketSize", "uint32", Connect | Connack, 1),
  define(0x28, "wildcardSubscriptionAvailable", "flag", Connack),
  define(0x29, "subscriptionIdentifierAvailable", "flag", Connack),
  define(0x2a, "sharedSubscriptionAvailable", "flag", Connack),
];

/** places of each identifier; 0: unknown. */
const PLACES = new Uint16Array(0x80);
/** A bit for each identifier that must not repeat; 0 for those that may. Subscription identifiers see the reader. */
const SINGLE = new Uint32Array(0x80);
PROPERTIES.forEach(({ id, kind, places }, index) => {
  PLACES[id] = (PLACES[id] as number) | places;
  if (kind !== "pairs" && kind !== "variables") SINGLE[id] = 1 << index;
});

const USER_PROPERTY = 0x26;
const SUBSCRIPTION_IDENTIFIER = 0x0b;

/**
 * Reads a property list with its length. `undefined`: the list is empty.
 * @throws ProtocolError 0x81 unknown or not allowed here, 0x82 repeated or out of range, 0x94 topic alias 0, 0x97 too many
 */
export function readProperties(
  reader: Reader,
  place: PropertyPlace,
  maximumUserProperties: number,
): AnyProperties | undefined {
  const length = reader.variableByteInteger();
  if (length === 0) return undefined;
  const packetEnd = reader.end;
  if (length > packetEnd - reader.position) throw reader.malformed("ends within its properties");
  // fields must not run past the list into the rest of the packet
  reader.end = reader.position + length;
  const properties = readList(reader, place, maximumUserProperties);
  reader.end = packetEnd;
  if (properties.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    throw reader.protocolError("has authentication data without an authentication method");
  }
  return properties;
}

function readList(reader: Reader, place: PropertyPlace, maximumUserProperties: number): AnyProperties {
  const properties: AnyProperties = {};
  let userProperties: UserProperty[] | undefined;
  let subscriptionIdentifiers: number[] | undefined;
  let seen = 0;
  while (reader.position < reader.end) {
    const id = reader.variableByteInteger();
    if (id > 0x7f || ((PLACES[id] as number) & place) === 0) {
      throw reader.malformed(
        `has property 0x${id.toString(16).padStart(2, "0")}, which is unknown or not allowed there`,
      );
    }
    if (id === USER_PROPERTY) {
      userProperties ??= [];
      if (userProperties.length >= maximumUserProperties) {
        throw new ProtocolError(
          ReasonCode.QuotaExceeded,
          `packet has more user properties than the maximum of ${maximumUserProperties}`,
        );
      }
      userProperties.push([reader.string(), reader.string()]);
    } else if (id === SUBSCRIPTION_IDENTIFIER && place === PropertyPlace.Publish) {
      subscriptionIdentifiers ??= [];
      subscriptionIdentifiers.push(atLeastOne(reader, reader.variableByteInteger(), "subscription identifier"));
    } else {
      const bit = SINGLE[id] as number;
      if ((seen & bit) !== 0) throw reader.protocolError(`has property 0x${id.toString(16).padStart(2, "0")} twice`);
      seen |= bit;
      readSingle(reader, id, properties);
    }
  }
  if (subscriptionIdentifiers !== undefined) properties.subscriptionIdentifiers = subscriptionIdentifiers;
  if (userProperties !== undefined) properties.userProperties = userProperties;
  return properties;
}

function readSingle(reader: Reader, id: number, properties: AnyProperties): void {
  switch (id) {
    case 0x01:
      properties.payloadFormatIndicator = bit(reader, "payload format indicator");
      break;
    case 0x02:
      properties.messageExpiryInterval = reader.uint32();
      break;
    case 0x03:
      properties.contentType = reader.string();
      break;
    case 0x08:
      properties.responseTopic = responseTopic(reader);
      break;
    case 0x09:
      properties.correlationData = reader.binary();
      break;
    case SUBSCRIPTION_IDENTIFIER:
      properties.subscriptionIdentifier = atLeastOne(reader, reader.variableByteInteger(), "subscription identifier");
      break;
    case 0x11:
      properties.sessionExpiryInterval = reader.uint32();
      break;
    case 0x12:
      properties.assignedClientIdentifier = reader.string();
      break;
    case 0x13:
      properties.serverKeepAlive = reader.uint16();
      break;
    case 0x15:
      properties.authenticationMethod = reader.string();
      break;
    case 0x16:
      properties.authenticationData = reader.binary();
      break;
    case 0x17:
      properties.requestProblemInformation = bit(reader, "request problem information") === 1;
      break;
    case 0x18:
      properties.willDelayInterval = reader.uint32();
      break;
    case 0x19:
      properties.requestResponseInformation = bit(reader, "request response information") === 1;
      break;
    case 0x1a:
      properties.responseInformation = reader.string();
      break;
    case 0x1c:
      properties.serverReference = reader.string();
      break;
    case 0x1f:
      properties.reasonString = reader.string();
      break;
    case 0x21:
      properties.receiveMaximum = atLeastOne(reader, reader.uint16(), "receive maximum");
      break;
    case 0x22:
      properties.topicAliasMaximum = reader.uint16();
      break;
    case 0x23:
      properties.topicAlias = topicAlias(reader);
      break;
    case 0x24:
      properties.maximumQoS = bit(reader, "maximum QoS");
      break;
    case 0x25:
      properties.retainAvailable = bit(reader, "retain available") === 1;
      break;
    case 0x27:
      properties.maximumPacketSize = atLeastOne(reader, reader.uint32(), "maximum packet size");
      break;
    case 0x28:
      properties.wildcardSubscriptionAvailable = bit(reader, "wildcard subscription available") === 1;
      break;
    case 0x29:
      properties.subscriptionIdentifierAvailable = bit(reader, "subscription identifier available") === 1;
      break;
    default: // 0x2a, the last of the table
      properties.sharedSubscriptionAvailable = bit(reader, "shared subscription available") === 1;
  }
}

function bit(reader: Reader, name: string): 0 | 1 {
  const value = reader.byte();
  if (value !== 0 && value !== 1) throw reader.protocolError(`has ${name} ${value}, which is neither 0 nor 1`);
  return value;
}

function atLeastOne(reader: Reader, value: number, name: string): number {
  if (value === 0) throw reader.protocolError(`has ${name} 0`);
  return value;
}

function topicAlias(reader: Reader): number {
  const alias = reader.uint16();
  if (alias === 0) throw new ProtocolError(ReasonCode.TopicAliasInvalid, "topic alias 0 is not permitted"); // [MQTT-3.3.2-8]
  return alias;
}

/** A topic to publish to, so it is neither empty nor a filter [MQTT-3.3.2-14]. */
function responseTopic(reader: Reader): string {
  const topic = reader.string();
  if (topic === "") throw reader.protocolError("has an empty response topic");
  if (topic.includes("+") || topic.includes("#")) throw reader.protocolError("has a response topic with a wildcard");
  return topic;
}

/** Bytes of the list without its length. @throws RangeError for a value that its field cannot hold */
export function measureProperties(properties: AnyProperties | undefined, place: PropertyPlace): number {
  if (properties === undefined) return 0;
  let length = 0;
  for (const definition of PROPERTIES) {
    if ((definition.places & place) === 0) continue;
    const value = properties[definition.name];
    if (value !== undefined) length += measureProperty(definition, value);
  }
  return length;
}

type Value = NonNullable<AnyProperties[keyof AnyProperties]>;

function measureProperty({ kind, name, minimum }: PropertyDefinition, value: Value): number {
  switch (kind) {
    case "byte":
      assertInteger(value as number, 0, 1, name);
      return 2;
    case "flag":
      return 2;
    case "uint16":
      assertInteger(value as number, minimum, 0xffff, name);
      return 3;
    case "uint32":
      assertInteger(value as number, minimum, 0xffff_ffff, name);
      return 5;
    case "variable":
      return measureIdentifier(value as number);
    case "variables":
      return (value as readonly number[]).reduce((sum, identifier) => sum + measureIdentifier(identifier), 0);
    case "string":
      return 1 + measureString(value as string);
    case "binary":
      return 1 + measureBinary(value as Uint8Array);
    case "pairs":
      return measureUserProperties(value as readonly UserProperty[]);
  }
}

function measureIdentifier(identifier: number): number {
  assertInteger(identifier, 1, MAXIMUM_VARIABLE_BYTE_INTEGER, "subscription identifier");
  return 1 + variableByteIntegerLength(identifier);
}

function measureUserProperties(pairs: readonly UserProperty[]): number {
  let length = 0;
  for (const [name, value] of pairs) length += 1 + measureString(name) + measureString(value);
  return length;
}

/** Writes the list with its length; `length` is what {@link measureProperties} said. */
export function writeProperties(
  writer: Writer,
  properties: AnyProperties | undefined,
  place: PropertyPlace,
  length: number,
): void {
  writer.variableByteInteger(length);
  if (properties === undefined) return;
  for (const definition of PROPERTIES) {
    if ((definition.places & place) === 0) continue;
    const value = properties[definition.name];
    if (value !== undefined) writeProperty(writer, definition, value);
  }
}

/** Bytes of the list with its length in front. */
export function measurePropertyList(properties: AnyProperties | undefined, place: PropertyPlace): number {
  const length = measureProperties(properties, place);
  return variableByteIntegerLength(length) + length;
}

/** Measures and writes the list with its length in front. */
export function writePropertyList(writer: Writer, properties: AnyProperties | undefined, place: PropertyPlace): void {
  writeProperties(writer, properties, place, measureProperties(properties, place));
}

function writeProperty(writer: Writer, { id, kind }: PropertyDefinition, value: Value): void {
  if (kind === "variables") {
    for (const identifier of value as readonly number[]) {
      writer.byte(id);
      writer.variableByteInteger(identifier);
    }
    return;
  }
  if (kind === "pairs") {
    for (const [name, text] of value as readonly UserProperty[]) {
      writer.byte(id);
      writer.string(name);
      writer.string(text);
    }
    return;
  }
  writer.byte(id);
  switch (kind) {
    case "byte":
      return writer.byte(value as number);
    case "flag":
      return writer.byte(value === true ? 1 : 0);
    case "uint16":
      return writer.uint16(value as number);
    case "uint32":
      return writer.uint32(value as number);
    case "variable":
      return writer.variableByteInteger(value as number);
    case "string":
      return writer.string(value as string);
    case "binary":
      return writer.binary(value as Uint8Array);
  }
}
