/** Reads property lists: one pass, each value checked as it comes (MQTT 5.0, section 2.2.2). */
import { LimitExceededError, ProtocolError } from "../errors.ts";
import type { Reader } from "../reader.ts";
import { ReasonCode } from "../reason-code.ts";
import { PLACES, PropertyPlace, SINGLE } from "./table.ts";
import type { AnyProperties, UserProperty } from "./types.ts";

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
        throw new LimitExceededError(
          "maximumUserProperties",
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
