/** What a session needs of the connection that serves it; declared here, implemented by the client. */

import type { Message } from "../message.ts";
import type { Delivery } from "./delivery.ts";

/** How an attempt to send ended. */
export const SendResult = {
  Sent: 0,
  /** Larger than the client's Maximum Packet Size: counts as delivered [MQTT-3.1.2-25]. */
  TooLarge: 1,
  /** Too much is unsent already. */
  Blocked: 2,
} as const;
export type SendResult = (typeof SendResult)[keyof typeof SendResult];

export interface SessionLink {
  /** Sends a message at QoS 0. */
  sendMessage(message: Message, retain: boolean, subscriptionIdentifiers: readonly number[] | undefined): SendResult;
  /** The same for a retained message that a new subscription is owed: others hardly ever get it at the same time. */
  sendRetained(message: Message, subscriptionIdentifiers: readonly number[] | undefined): SendResult;
  /** Sends, or sends again, a message at QoS 1 or 2 with the packet identifier it holds. */
  sendDelivery(delivery: Delivery, dup: boolean): SendResult;
  sendPubrel(packetId: number): void;
  /** False while so much is unsent that QoS 1 and 2 messages had better wait in the queue. */
  readonly writable: boolean;
  /** How many QoS 1 and 2 messages may be unacknowledged. */
  readonly window: number;
}
