/** A delivery as bytes: what is owed to one session, with the message behind it (docs/redis-layout.md). */

import type { DeliveryState, QoS, StoredDelivery, StoredMessage } from "@gmqtt/broker";
import { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { checkVersion, RECORD_VERSION, readMessage, writeMessage } from "./message-record.ts";

const RETAIN = 0x04;
const HAS_IDENTIFIERS = 0x08;
const HAS_SHARED_FILTER = 0x10;
const STATE_SHIFT = 5;
/** In the order a delivery goes through them. */
const STATES: readonly DeliveryState[] = ["queued", "published", "released"];

/** Where messages that this commit has already written lie, so that a fan-out encodes them once. */
export type WrittenMessages = Map<StoredMessage, { readonly start: number; readonly end: number }>;

/** How far a delivery is; what a session's hash says of it is newer than the record. */
export interface Progress {
  readonly state: DeliveryState;
  readonly packetId: number;
}

/** `written`: messages that others of the same commit have, to which this one's is added; null when it has no others. */
export function writeDelivery(
  writer: ByteWriter,
  delivery: StoredDelivery,
  progress: Progress,
  written: WrittenMessages | null,
): void {
  const { message, qos, queuedAt, retain, sequence, sharedFilter, subscriptionIdentifiers } = delivery;
  const flags =
    qos |
    (retain ? RETAIN : 0) |
    (subscriptionIdentifiers === undefined ? 0 : HAS_IDENTIFIERS) |
    (sharedFilter === undefined ? 0 : HAS_SHARED_FILTER) |
    (STATES.indexOf(progress.state) << STATE_SHIFT);
  writer.u8(RECORD_VERSION);
  writer.u8(flags);
  writer.u16(progress.packetId);
  writer.f64(sequence);
  writer.f64(queuedAt);
  if (subscriptionIdentifiers !== undefined) {
    writer.u16(subscriptionIdentifiers.length);
    for (const identifier of subscriptionIdentifiers) writer.u32(identifier);
  }
  if (sharedFilter !== undefined) writer.text16(sharedFilter);
  if (written === null) {
    writeMessage(writer, message);
    return;
  }
  const before = written.get(message);
  if (before !== undefined) {
    writer.again(before.start, before.end);
    return;
  }
  const start = writer.length;
  writeMessage(writer, message);
  written.set(message, { start, end: writer.length });
}

/** `progressOf` knows what became of a delivery after its record was written. */
export function readDelivery(record: Buffer, progressOf: (sequence: number) => Progress | undefined): StoredDelivery {
  const reader = new ByteReader(record);
  checkVersion(reader.u8());
  const flags = reader.u8();
  const packetId = reader.u16();
  const sequence = reader.f64();
  const queuedAt = reader.f64();
  const progress = progressOf(sequence);
  let subscriptionIdentifiers: number[] | undefined;
  if ((flags & HAS_IDENTIFIERS) !== 0) {
    subscriptionIdentifiers = [];
    for (let left = reader.u16(); left > 0; left--) subscriptionIdentifiers.push(reader.u32());
  }
  const sharedFilter = (flags & HAS_SHARED_FILTER) === 0 ? undefined : reader.text16();
  return {
    sequence,
    message: readMessage(reader),
    qos: (flags & 3) as QoS,
    retain: (flags & RETAIN) !== 0,
    subscriptionIdentifiers,
    sharedFilter,
    queuedAt,
    state: progress?.state ?? (STATES[flags >> STATE_SHIFT] as DeliveryState),
    packetId: progress?.packetId ?? packetId,
  };
}

/** Further on its way than the other. */
export function isLater(one: Progress, other: Progress): boolean {
  return STATES.indexOf(one.state) > STATES.indexOf(other.state);
}

/** Progress as a field of the session's hash has it: `published 12`. */
export function progressText({ packetId, state }: Progress): string {
  return `${state} ${packetId}`;
}

export function readProgress(text: string): Progress {
  const [state, packetId] = text.split(" ");
  return { state: state as DeliveryState, packetId: Number(packetId) };
}
