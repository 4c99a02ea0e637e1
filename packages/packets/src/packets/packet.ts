/** All packets under one type, told apart by `type`. */
import type { PubackPacket, PubcompPacket, PubrecPacket, PubrelPacket } from "./acknowledgement.ts";
import type { AuthPacket } from "./auth.ts";
import type { ConnackPacket } from "./connack.ts";
import type { ConnectPacket } from "./connect.ts";
import type { DisconnectPacket } from "./disconnect.ts";
import type { PingreqPacket, PingrespPacket } from "./ping.ts";
import type { PublishPacket } from "./publish.ts";
import type { SubackPacket } from "./suback.ts";
import type { SubscribePacket } from "./subscribe.ts";
import type { UnsubackPacket } from "./unsuback.ts";
import type { UnsubscribePacket } from "./unsubscribe.ts";

/** Any MQTT control packet. */
export type Packet =
  | ConnectPacket
  | ConnackPacket
  | PublishPacket
  | PubackPacket
  | PubrecPacket
  | PubrelPacket
  | PubcompPacket
  | SubscribePacket
  | SubackPacket
  | UnsubscribePacket
  | UnsubackPacket
  | PingreqPacket
  | PingrespPacket
  | DisconnectPacket
  | AuthPacket;
