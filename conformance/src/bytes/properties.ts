/** The properties of MQTT 5.0 (section 2.2.2.2): identifiers, types and the packets they may stand in. */

import { bytes, str, u16, u32, vbi } from "./bytes.ts";

/** How a property's value is written. */
export type PropertyType = "byte" | "u16" | "u32" | "vbi" | "string" | "binary" | "pair";

/** A value as tests write it and the decoder reads it. */
export type PropertyValue = number | string | Uint8Array | readonly [string, string];

/** Identifier and value. */
export type Property = readonly [id: number, value: PropertyValue];

/** What there is to know about a property. `packets` are the types that a server may send it in; `once`: not twice. */
export interface PropertyRule {
  readonly name: string;
  readonly type: PropertyType;
  readonly packets: readonly number[];
  readonly once: boolean;
}

const ACKS = [4, 5, 6, 7, 9, 11];

/** Identifiers by name. */
export const P = {
  payloadFormat: 0x01,
  messageExpiry: 0x02,
  contentType: 0x03,
  responseTopic: 0x08,
  correlationData: 0x09,
  subscriptionId: 0x0b,
  sessionExpiry: 0x11,
  assignedClientId: 0x12,
  serverKeepAlive: 0x13,
  authMethod: 0x15,
  authData: 0x16,
  requestProblemInformation: 0x17,
  willDelay: 0x18,
  requestResponseInformation: 0x19,
  responseInformation: 0x1a,
  serverReference: 0x1c,
  reasonString: 0x1f,
  receiveMaximum: 0x21,
  topicAliasMaximum: 0x22,
  topicAlias: 0x23,
  maximumQos: 0x24,
  retainAvailable: 0x25,
  user: 0x26,
  maximumPacketSize: 0x27,
  wildcardAvailable: 0x28,
  subscriptionIdAvailable: 0x29,
  sharedAvailable: 0x2a,
} as const;

function rule(name: string, type: PropertyType, packets: readonly number[], once = true): PropertyRule {
  return { name, type, packets, once };
}

/** All 27 of them. CONNECT is 1; what only clients send has no packet that a server may send it in. */
export const PROPERTY_RULES: ReadonlyMap<number, PropertyRule> = new Map([
  [0x01, rule("Payload Format Indicator", "byte", [3])],
  [0x02, rule("Message Expiry Interval", "u32", [3])],
  [0x03, rule("Content Type", "string", [3])],
  [0x08, rule("Response Topic", "string", [3])],
  [0x09, rule("Correlation Data", "binary", [3])],
  [0x0b, rule("Subscription Identifier", "vbi", [3], false)],
  [0x11, rule("Session Expiry Interval", "u32", [2])],
  [0x12, rule("Assigned Client Identifier", "string", [2])],
  [0x13, rule("Server Keep Alive", "u16", [2])],
  [0x15, rule("Authentication Method", "string", [2, 15])],
  [0x16, rule("Authentication Data", "binary", [2, 15])],
  [0x17, rule("Request Problem Information", "byte", [])],
  [0x18, rule("Will Delay Interval", "u32", [])],
  [0x19, rule("Request Response Information", "byte", [])],
  [0x1a, rule("Response Information", "string", [2])],
  [0x1c, rule("Server Reference", "string", [2, 14])],
  [0x1f, rule("Reason String", "string", [2, ...ACKS, 14, 15])],
  [0x21, rule("Receive Maximum", "u16", [2])],
  [0x22, rule("Topic Alias Maximum", "u16", [2])],
  [0x23, rule("Topic Alias", "u16", [3])],
  [0x24, rule("Maximum QoS", "byte", [2])],
  [0x25, rule("Retain Available", "byte", [2])],
  [0x26, rule("User Property", "pair", [2, 3, ...ACKS, 14, 15], false)],
  [0x27, rule("Maximum Packet Size", "u32", [2])],
  [0x28, rule("Wildcard Subscription Available", "byte", [2])],
  [0x29, rule("Subscription Identifier Available", "byte", [2])],
  [0x2a, rule("Shared Subscription Available", "byte", [2])],
]);

/** One property as bytes. */
export function property(id: number, value: PropertyValue): Buffer {
  switch (PROPERTY_RULES.get(id)?.type) {
    case "byte":
      return bytes(id, value as number);
    case "u16":
      return bytes(id, u16(value as number));
    case "u32":
      return bytes(id, u32(value as number));
    case "vbi":
      return bytes(id, vbi(value as number));
    case "pair": {
      const [name, text] = value as readonly [string, string];
      return bytes(id, str(name), str(text));
    }
    default:
      return bytes(id, str(value as string | Uint8Array));
  }
}

/** Property Length and properties. */
export function properties(list: readonly Property[] = []): Buffer {
  return rawProperties(...list.map(([id, value]) => property(id, value)));
}

/** Property Length and any bytes behind it. */
export function rawProperties(...parts: readonly (number | Uint8Array)[]): Buffer {
  const body = bytes(...parts);
  return Buffer.concat([vbi(body.length), body]);
}
