/** Output that must not leave before the store has committed what it implies (architecture, section 5, rule 2). */

import type { Frame } from "../message-frame.ts";

/** Where released output goes. */
export interface GateTarget {
  release(bytes: Uint8Array): void;
}

/** Keeps bytes in order, each with the batch it waits for. */
export class CommitGate {
  readonly #batches: number[] = [];
  readonly #pieces: Uint8Array[] = [];
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
      const piece = this.#pieces[count] as Uint8Array;
      this.#bytes -= piece.length;
      target.release(piece);
      count++;
    }
    this.#batches.splice(0, count);
    this.#pieces.splice(0, count);
    const later = this.#pubacks.findIndex((waiting) => waiting > batch);
    this.#pubacks.splice(0, later === -1 ? this.#pubacks.length : later);
  }
}
