/** Packets by name, as tests write and expect them. */

import type {
  AuthPacket,
  ConnackPacket,
  ConnectPacket,
  DisconnectPacket,
  Packet,
  PingreqPacket,
  PingrespPacket,
  PubackPacket,
  PubcompPacket,
  PublishPacket,
  PubrecPacket,
  PubrelPacket,
  SubackPacket,
  SubscribePacket,
  UnsubackPacket,
  UnsubscribePacket,
} from "@gmqtt/packets";

/** A PUBLISH that a client received: a plain object with memory of its own. */
export interface ReceivedMessage extends PublishPacket {
  /** The payload read as UTF-8. */
  readonly text: string;
}

/** The fifteen packets by their names in lower case. */
export interface PacketsByName {
  connect: ConnectPacket;
  connack: ConnackPacket;
  publish: ReceivedMessage;
  puback: PubackPacket;
  pubrec: PubrecPacket;
  pubrel: PubrelPacket;
  pubcomp: PubcompPacket;
  subscribe: SubscribePacket;
  suback: SubackPacket;
  unsubscribe: UnsubscribePacket;
  unsuback: UnsubackPacket;
  pingreq: PingreqPacket;
  pingresp: PingrespPacket;
  disconnect: DisconnectPacket;
  auth: AuthPacket;
}

/** Name of a packet type. */
export type PacketName = keyof PacketsByName;

/** Any packet that a client received. */
export type ReceivedPacket = Exclude<Packet, PublishPacket> | ReceivedMessage;

/** Fields of a packet to be sent by name; what is left out is 0, false, empty or success. */
export type PacketFields<N extends PacketName> = Partial<Omit<PacketsByName[N], "type" | "text">>;

const NAMES: readonly PacketName[] = [
  "connect",
  "connack",
  "publish",
  "puback",
  "pubrec",
  "pubrel",
  "pubcomp",
  "subscribe",
  "suback",
  "unsubscribe",
  "unsuback",
  "pingreq",
  "pingresp",
  "disconnect",
  "auth",
];

const ACKNOWLEDGEMENT = { packetId: 1, reasonCode: 0 } as const;

const DEFAULTS: { readonly [N in PacketName]: PacketFields<N> } = {
  connect: { protocolVersion: 5, cleanStart: true, keepAlive: 0, clientId: "" },
  connack: { sessionPresent: false, reasonCode: 0 },
  publish: { dup: false, qos: 0, retain: false, topic: "", packetId: 0, payload: new Uint8Array(0) },
  puback: ACKNOWLEDGEMENT,
  pubrec: ACKNOWLEDGEMENT,
  pubrel: ACKNOWLEDGEMENT,
  pubcomp: ACKNOWLEDGEMENT,
  subscribe: { packetId: 1, subscriptions: [] },
  suback: { packetId: 1, reasonCodes: [] },
  unsubscribe: { packetId: 1, filters: [] },
  unsuback: { packetId: 1, reasonCodes: [] },
  pingreq: {},
  pingresp: {},
  disconnect: { reasonCode: 0 },
  auth: { reasonCode: 0 },
};

/** The name of a packet's type, for example `puback`. */
export function packetName(packet: { readonly type: number }): PacketName {
  return NAMES[packet.type - 1]!;
}

/** True for a packet of that name; narrows its type. */
export function isPacket<N extends PacketName>(
  packet: ReceivedPacket,
  name: N,
): packet is PacketsByName[N] & ReceivedPacket {
  return packetName(packet) === name;
}

/** A whole packet of its name and the fields that matter. */
export function makePacket<N extends PacketName>(name: N, fields: PacketFields<N> = {}): Packet {
  return { ...DEFAULTS[name], ...fields, type: NAMES.indexOf(name) + 1 } as unknown as Packet;
}

/** A decoded PUBLISH as a plain object, that can be compared and kept. */
export function toReceivedMessage(packet: PublishPacket): ReceivedMessage {
  const payload = Buffer.from(packet.payload);
  return {
    type: 3,
    dup: packet.dup,
    qos: packet.qos,
    retain: packet.retain,
    topic: packet.topic,
    packetId: packet.packetId,
    payload,
    text: payload.toString(),
    ...(packet.properties === undefined ? {} : { properties: packet.properties }),
  };
}
