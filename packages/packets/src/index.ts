/** MQTT 3.1, 3.1.1 and 5.0 on the wire: bytes in, packets out, and back. */
export { Decoder, type DecoderOptions, type PacketMemory } from "./decoder.ts";
export { encode, encodedLength } from "./encoder.ts";
export {
  type DecoderLimit,
  LimitExceededError,
  MqttError,
  type MqttErrorOptions,
  ProtocolError,
  UnsupportedVersionError,
} from "./errors.ts";
export { fitTo } from "./fit-to.ts";
export { PacketType, ProtocolVersion, packetTypeName, type QoS, type RetainHandling } from "./packet-type.ts";
export {
  type PubackPacket,
  type PubcompPacket,
  type PubrecPacket,
  type PubrelPacket,
  writeAck,
} from "./packets/acknowledgement.ts";
export type { AuthPacket, AuthProperties } from "./packets/auth.ts";
export type { ConnackPacket, ConnackProperties } from "./packets/connack.ts";
export type { ConnectPacket, ConnectProperties, Will, WillProperties } from "./packets/connect.ts";
export type { DisconnectPacket, DisconnectProperties } from "./packets/disconnect.ts";
export type { Packet } from "./packets/packet.ts";
export { PINGRESP, type PingreqPacket, type PingrespPacket } from "./packets/ping.ts";
export {
  encodePublishHead,
  type PublishFrame,
  type PublishHeadOptions,
  type PublishPacket,
  type PublishProperties,
  ReceivedPublish,
} from "./packets/publish.ts";
export type { SubackPacket } from "./packets/suback.ts";
export type { SubscribePacket, SubscribeProperties, SubscriptionRequest } from "./packets/subscribe.ts";
export type { UnsubackPacket } from "./packets/unsuback.ts";
export type { UnsubscribePacket, UnsubscribeProperties } from "./packets/unsubscribe.ts";
export type { AckProperties, UserProperty } from "./properties/types.ts";
export { ReasonCode, reasonCodeName, toConnectReturnCode } from "./reason-code.ts";
export { hasWildcard, isValidTopicFilter, type ParsedFilter, parseTopicFilter } from "./topic/filter.ts";
export { topicMatches } from "./topic/match.ts";
export { countTopicLevels, isValidTopicName } from "./topic/name.ts";
export { TopicTable } from "./topic-table.ts";
