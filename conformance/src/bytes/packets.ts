/** Packets as a client sends them, for all three versions; every field can be set, so most can be set wrongly. */

import { bytes, packet, str, u16 } from "./bytes.ts";
import { P, type Property, properties } from "./properties.ts";

/** Protocol levels: 3.1, 3.1.1, 5.0. */
export type Version = 3 | 4 | 5;

/** The will in a CONNECT. */
export interface WillOptions {
  readonly topic: string | Uint8Array;
  readonly payload: string | Uint8Array;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly props?: readonly Property[];
}

/** A CONNECT. Defaults: clean, keep alive 0 seconds, nothing optional. */
export interface ConnectOptions {
  readonly id?: string | Uint8Array;
  /** Clean Start, or CleanSession. Default: true. */
  readonly clean?: boolean;
  readonly keepAlive?: number;
  /** Session Expiry Interval in seconds; 3.x has none. */
  readonly expiry?: number;
  readonly receiveMaximum?: number;
  readonly maximumPacketSize?: number;
  readonly aliasMaximum?: number;
  readonly problemInformation?: number;
  readonly props?: readonly Property[];
  readonly will?: WillOptions;
  readonly user?: string | Uint8Array;
  readonly password?: string | Uint8Array;
  /** Replaces the Connect Flags that follow from the rest. */
  readonly flags?: number;
  readonly name?: string;
  readonly level?: number;
  /** Replaces properties with bytes as they are, length included. */
  readonly rawProps?: Uint8Array;
  /** Replaces the payload with bytes as they are. */
  readonly rawPayload?: Uint8Array;
}

/** The properties that follow from the options. */
function connectProperties(o: ConnectOptions): Property[] {
  const own: [number, number | undefined][] = [
    [P.sessionExpiry, o.expiry],
    [P.receiveMaximum, o.receiveMaximum],
    [P.maximumPacketSize, o.maximumPacketSize],
    [P.topicAliasMaximum, o.aliasMaximum],
    [P.requestProblemInformation, o.problemInformation],
  ];
  return [...own.filter((entry): entry is [number, number] => entry[1] !== undefined), ...(o.props ?? [])];
}

export function connect(version: Version, o: ConnectOptions = {}): Buffer {
  const five = version === 5;
  const will = o.will;
  const flags =
    (o.user === undefined ? 0 : 0x80) |
    (o.password === undefined ? 0 : 0x40) |
    (will === undefined ? 0 : 0x04 | ((will.qos ?? 0) << 3) | (will.retain ? 0x20 : 0)) |
    (o.clean === false ? 0 : 0x02);
  const payload = [str(o.id ?? "")];
  if (will !== undefined) {
    if (five) payload.push(properties(will.props));
    payload.push(str(will.topic), str(will.payload));
  }
  if (o.user !== undefined) payload.push(str(o.user));
  if (o.password !== undefined) payload.push(str(o.password));
  return packet(
    0x10,
    str(o.name ?? (version === 3 ? "MQIsdp" : "MQTT")),
    o.level ?? version,
    o.flags ?? flags,
    u16(o.keepAlive ?? 0),
    five ? (o.rawProps ?? properties(connectProperties(o))) : [],
    o.rawPayload ?? bytes(...payload),
  );
}

/** A PUBLISH. Default: QoS 0, nothing optional. */
export interface PublishOptions {
  readonly qos?: number;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly id?: number;
  readonly props?: readonly Property[];
  readonly rawProps?: Uint8Array;
}

export function publish(
  version: Version,
  topic: string | Uint8Array,
  payload: string | Uint8Array = "",
  o: PublishOptions = {},
): Buffer {
  const qos = o.qos ?? 0;
  return packet(
    0x30 | (o.dup ? 8 : 0) | (qos << 1) | (o.retain ? 1 : 0),
    str(topic),
    qos > 0 ? u16(o.id ?? 1) : [],
    version === 5 ? (o.rawProps ?? properties(o.props)) : [],
    Buffer.from(payload as string),
  );
}

/** A filter with its options byte. */
export type Filter = readonly [filter: string | Uint8Array, options: number];

export function subscribe(
  version: Version,
  id: number,
  filters: readonly Filter[],
  props: readonly Property[] = [],
): Buffer {
  const list = filters.map(([filter, options]) => bytes(str(filter), options));
  return packet(0x82, u16(id), version === 5 ? properties(props) : [], bytes(...list));
}

export function unsubscribe(
  version: Version,
  id: number,
  filters: readonly (string | Uint8Array)[],
  props: readonly Property[] = [],
): Buffer {
  return packet(0xa2, u16(id), version === 5 ? properties(props) : [], bytes(...filters.map((filter) => str(filter))));
}

/** First bytes of PUBACK, PUBREC, PUBREL and PUBCOMP. */
export type AckByte = 0x40 | 0x50 | 0x62 | 0x70;

/** An acknowledgement: identifier alone, with code, or with code and properties. */
export function ack(first: AckByte, id: number, code?: number, props?: readonly Property[]): Buffer {
  return packet(first, u16(id), code === undefined ? [] : code, props === undefined ? [] : properties(props));
}

export function pingreq(): Buffer {
  return Buffer.of(0xc0, 0);
}

/** DISCONNECT: empty, with code, or with code and properties. */
export function disconnect(code?: number, props?: readonly Property[]): Buffer {
  return packet(0xe0, code === undefined ? [] : code, props === undefined ? [] : properties(props));
}

export function auth(code: number, props: readonly Property[]): Buffer {
  return packet(0xf0, code, properties(props));
}
