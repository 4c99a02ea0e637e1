/** Deliveries made by hand. */

import { Message, type MessageInit } from "../src/message.ts";
import type { StoredDelivery } from "../src/persistence/persistence.ts";
import { Delivery } from "../src/session/delivery.ts";

/** What a test says of a delivery; the rest is QoS 1, never expires and came through no shared subscription. */
export interface DeliveryInit {
  readonly qos?: 0 | 1 | 2;
  readonly expiresAt?: number;
  readonly sentAt?: number;
  readonly state?: Delivery["state"];
  readonly packetId?: number;
  readonly sharedFilter?: string;
  readonly message?: Message;
}

/** A message on topic `t<sequence>`. */
export function delivery(sequence: number, init: DeliveryInit = {}): Delivery {
  const { expiresAt = Number.POSITIVE_INFINITY, qos = 1, sharedFilter } = init;
  const message = init.message ?? messageOn(`t${sequence}`, { qos });
  const made = new Delivery(sequence, message, qos, false, undefined, sharedFilter, 0, expiresAt);
  made.state = init.state ?? "queued";
  made.packetId = init.packetId ?? 0;
  made.sentAt = init.sentAt ?? 0;
  return made;
}

/** A message of QoS 1 with the payload "x", unless it is said otherwise. */
export function messageOn(topic: string, init: Partial<MessageInit> & { readonly now?: number } = {}): Message {
  return Message.create({ payload: "x", qos: 1, ...init, topic }, "publisher", init.now ?? 0);
}

/** As a store gives it back. */
export function stored(sequence: number, init: DeliveryInit = {}): StoredDelivery {
  return { ...delivery(sequence, init), message: init.message ?? messageOn(`t${sequence}`) };
}
