/** Output that must not leave before the store has committed what it implies (architecture, section 5, rule 2). */

import type { Frame } from "../message-frame.ts";

/** Where released output goes. */
export interface GateTarget {
  release(bytes: Uint8Array): void;
  releaseAck(firstByte: number, packetId: number): void;
}

/** Bytes of PUBACK, PUBREC, PUBREL and PUBCOMP with reason code 0. */
const ACK_LENGTH = 4;
const PUBACK = 0x40;

/** Keeps bytes in order, each with the batch it waits for. */
export class CommitGate {
  readonly #batches: number[] = [];
  /** A short acknowledgement is a number, `firstByte << 16 | packetId`: four bytes of their own would cost a hundred. */
  readonly #pieces: (Uint8Array | number)[] = [];
  #bytes = 0;
  /** Batches of the PUBACKs among the pieces. */
  readonly #pubacks: number[] = [];

  get empty(): boolean {
    return this.#pieces.length === 0;
  }

  /** Bytes held back. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The last batch that something here waits for; 0 when nothing does. */
  get lastBatch(): number {
    return this.#batches.at(-1) ?? 0;
  }

  /** PUBACKs held back: QoS 1 messages of the client that are not finished. */
  get pubacks(): number {
    return this.#pubacks.length;
  }

  /** Holds a PUBACK. */
  holdPuback(bytes: Uint8Array, batch: number): void {
    this.#pubacks.push(batch);
    this.hold(bytes, batch);
  }

  /** Holds an acknowledgement with reason code 0. */
  holdAck(firstByte: number, packetId: number, batch: number): void {
    if (firstByte === PUBACK) this.#pubacks.push(batch);
    this.#batches.push(batch);
    this.#pieces.push((firstByte << 16) | packetId);
    this.#bytes += ACK_LENGTH;
  }

  hold(bytes: Uint8Array, batch: number): void {
    this.#batches.push(batch);
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
  }

  /** Holds a PUBLISH with its receiver's flags and packet identifier. */
  holdFrame(frame: Frame, firstByte: number, packetId: number, batch: number): void {
    const own = Buffer.from(frame.head.subarray(frame.headStart, frame.end));
    own[0] = firstByte;
    if (packetId !== 0) own.writeUInt16BE(packetId, frame.packetIdOffset - frame.headStart);
    this.hold(own, batch);
    if (frame.payload !== null) this.hold(frame.payload, batch);
  }

  /** Hands over everything that waited for `batch` or an earlier one. */
  open(batch: number, target: GateTarget): void {
    let count = 0;
    while (count < this.#batches.length && (this.#batches[count] as number) <= batch) {
      const piece = this.#pieces[count] as Uint8Array | number;
      count++;
      if (typeof piece === "number") {
        this.#bytes -= ACK_LENGTH;
        target.releaseAck(piece >> 16, piece & 0xffff);
      } else {
        this.#bytes -= piece.length;
        target.release(piece);
      }
    }
    removeFirst(this.#batches, count);
    removeFirst(this.#pieces, count);
    const later = this.#pubacks.findIndex((waiting) => waiting > batch);
    removeFirst(this.#pubacks, later === -1 ? this.#pubacks.length : later);
  }
}

/** Mostly all of them; `splice` would put them in an array of their own. */
function removeFirst(list: unknown[], count: number): void {
  if (count === list.length) list.length = 0;
  else list.splice(0, count);
}
