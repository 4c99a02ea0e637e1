/** The constants of the fixed header: packet types, protocol versions, qualities of service. */

/** Packet types: the upper four bits of a packet's first byte (MQTT 5.0, section 2.1.2). */
export const PacketType = {
  Connect: 1,
  Connack: 2,
  Publish: 3,
  Puback: 4,
  Pubrec: 5,
  Pubrel: 6,
  Pubcomp: 7,
  Subscribe: 8,
  Suback: 9,
  Unsubscribe: 10,
  Unsuback: 11,
  Pingreq: 12,
  Pingresp: 13,
  Disconnect: 14,
  Auth: 15,
} as const;
/** One of the fifteen packet types. */
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** Protocol levels as CONNECT carries them: 3 is MQTT 3.1 (`MQIsdp`), 4 is 3.1.1, 5 is 5.0. */
export const ProtocolVersion = { V31: 3, V311: 4, V5: 5 } as const;
/** A protocol level that this package speaks. */
export type ProtocolVersion = 3 | 4 | 5;

/** Quality of service: at most once, at least once, exactly once (section 4.3). */
export type QoS = 0 | 1 | 2;

/** When retained messages are sent at SUBSCRIBE: always, only for a new subscription, never (section 3.8.3.1). */
export type RetainHandling = 0 | 1 | 2;

/** Who sent the packets that a decoder reads. */
export type Sender = "client" | "server";

const NAMES = [
  "reserved type 0",
  "CONNECT",
  "CONNACK",
  "PUBLISH",
  "PUBACK",
  "PUBREC",
  "PUBREL",
  "PUBCOMP",
  "SUBSCRIBE",
  "SUBACK",
  "UNSUBSCRIBE",
  "UNSUBACK",
  "PINGREQ",
  "PINGRESP",
  "DISCONNECT",
  "AUTH",
] as const;

/** The name of a packet type as the standard writes it, for messages and logs. */
export function packetTypeName(type: number): string {
  return NAMES[type] ?? `type ${type}`;
}
