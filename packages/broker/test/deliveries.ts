/** Deliveries made by hand. */

import { Message, type MessageInit } from "../src/message.ts";
import type { StoredDelivery } from "../src/persistence/persistence.ts";
import { Delivery } from "../src/session/delivery.ts";

/** What a test says of a delivery; the rest is QoS 1, queued at 0 and came through no shared subscription. */
export interface DeliveryInit {
  readonly qos?: 0 | 1 | 2;
  readonly queuedAt?: number;
  readonly sentAt?: number;
  readonly state?: Delivery["state"];
  readonly packetId?: number;
  readonly sharedFilter?: string;
  readonly message?: Message;
}

/** A message on topic `t<sequence>`. */
export function delivery(sequence: number, init: DeliveryInit = {}): Delivery {
  const { qos = 1, queuedAt = 0, sharedFilter } = init;
  const message = init.message ?? messageOn(`t${sequence}`, { qos });
  const made = new Delivery(sequence, message, qos, false, undefined, sharedFilter, queuedAt);
  made.state = init.state ?? "queued";
  made.packetId = init.packetId ?? 0;
  made.sentAt = init.sentAt ?? 0;
  return made;
}

/** What a test says of a message; the rest is QoS 1, payload "x", from "publisher" at 0. */
type MessageOptions = Partial<MessageInit> & { readonly now?: number; readonly publisher?: string };

/** A message made by hand. */
export function messageOn(topic: string, { now = 0, publisher = "publisher", ...init }: MessageOptions = {}): Message {
  return Message.create({ payload: "x", qos: 1, ...init, topic }, publisher, now);
}

/** A manual clock begins then. */
const STORED_AT = 1_700_000_000_000;

/** As a store gives it back. */
export function stored(sequence: number, init: DeliveryInit = {}): StoredDelivery {
  return { ...delivery(sequence, init), queuedAt: STORED_AT, message: init.message ?? messageOn(`t${sequence}`) };
}
