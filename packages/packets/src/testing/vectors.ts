/** Packets and their bytes, written by hand from the standard: the yardstick of decoder and encoder. */
import type { ProtocolVersion, Sender } from "../packet-type.ts";
import type { Packet } from "../packets/packet.ts";
import { connectVectors } from "./vectors-connect.ts";
import { deliveryVectors } from "./vectors-delivery.ts";
import { subscriptionVectors } from "./vectors-subscription.ts";

/** A packet and its bytes. */
export interface Vector {
  readonly name: string;
  readonly version: ProtocolVersion;
  readonly from: Sender;
  /** In the notation of `bytes`. */
  readonly hex: string;
  readonly packet: Packet;
  /** The bytes are legal but not what the encoder chooses. Default: false. */
  readonly decodeOnly?: boolean;
}

/** All of them. */
export const vectors: readonly Vector[] = [...connectVectors, ...deliveryVectors, ...subscriptionVectors];
