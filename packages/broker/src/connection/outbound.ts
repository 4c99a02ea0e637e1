/**
 * What a connection is going to write at the end of the turn. Small packets are gathered in chunks; bytes that already
 * stand next to each other somewhere (messages forwarded as they came in) are remembered as one range and not copied.
 */

import { Buffer } from "node:buffer";
import { Copier } from "../byte-slab.ts";
import { emptyArray } from "../empty-array.ts";
import type { Frame } from "../message-frame.ts";
import { type Loan, loanOf } from "../read-loans.ts";
import { CHUNK_SIZE, type ChunkPool } from "./chunk-pool.ts";

/** A range shorter than this is copied rather than written as a piece of its own. */
const COPIED_RANGE = 1024;

/** Takes segments; true when they need not be kept. */
export interface SegmentSink {
  write(segments: readonly Uint8Array[]): boolean;
}

const nowhere: SegmentSink = { write: () => true };

const copier = new Copier();

const NOTHING: Uint8Array = new Uint8Array(0);

/** What is written as one segment lies in this for as long as that takes. */
const single: [Uint8Array] = [NOTHING];

export class Outbound {
  #bytes = 0;
  /** The range that comes behind the chunk. */
  #range: Uint8Array = NOTHING;
  #rangeStart = 0;
  #rangeEnd = 0;
  #rangeLoan: Loan | null = null;
  /** The chunk being filled: [start, end) is written but not yet a segment. */
  #chunk: Buffer | null = null;
  #start = 0;
  #end = 0;
  /** Something is in one of the lists below. Mostly all that is written is one piece, and none of them is looked at. */
  #listed = false;
  readonly #pool: ChunkPool;
  readonly #segments: Uint8Array[] = [];
  readonly #used: Buffer[] = [];
  /** What the bytes that wait lie in, and those that the sink has not taken yet. */
  readonly #loans: Loan[] = [];
  readonly #untaken: Loan[] = [];

  constructor(pool: ChunkPool) {
    this.#pool = pool;
  }

  /** Bytes that wait to be written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends bytes that nobody is going to change. */
  append(source: Uint8Array, start: number, end: number): void {
    this.#bytes += end - start;
    if (source === this.#range && start === this.#rangeEnd) {
      this.#rangeEnd = end;
      return;
    }
    this.#closeRange();
    this.#borrow(source);
    this.#range = source;
    this.#rangeStart = start;
    this.#rangeEnd = end;
  }

  /** Appends a short acknowledgement: first byte, length 2, packet identifier. */
  appendAck(firstByte: number, packetId: number): void {
    const chunk = this.#room(4);
    const offset = this.#end;
    chunk[offset] = firstByte;
    chunk[offset + 1] = 2;
    chunk[offset + 2] = packetId >> 8;
    chunk[offset + 3] = packetId & 0xff;
    this.#end = offset + 4;
    this.#bytes += 4;
  }

  /** Appends a PUBLISH with this receiver's flags and packet identifier (0: QoS 0). */
  appendFrame(frame: Frame, firstByte: number, packetId: number): void {
    const head = frame.head;
    if (packetId === 0 && head[frame.headStart] === firstByte) {
      this.append(head, frame.headStart, frame.end);
      if (frame.payload !== null) this.append(frame.payload, 0, frame.payload.length);
      return;
    }
    // A long payload behind its head stays where it is; only what differs per receiver is copied.
    const copyEnd = frame.end - frame.headEnd > COPIED_RANGE ? frame.headEnd : frame.end;
    const length = copyEnd - frame.headStart;
    if (length > CHUNK_SIZE) this.#appendOwn(frame, firstByte, packetId, copyEnd);
    else {
      const chunk = this.#room(length);
      const offset = this.#end;
      frame.copy(copyEnd, chunk, offset);
      patch(chunk, offset, frame, firstByte, packetId);
      this.#end = offset + length;
      this.#bytes += length;
    }
    if (copyEnd < frame.end) this.append(head, copyEnd, frame.end);
    if (frame.payload !== null) this.append(frame.payload, 0, frame.payload.length);
  }

  /** Hands everything over to the sink, which answers whether the memory may be reused. Afterwards this is empty. */
  writeTo(sink: SegmentSink): boolean {
    if (this.#bytes === 0) {
      this.#forgetRange(); // one of no bytes may hold a loan
      return true;
    }
    if (this.#chunk !== null || this.#listed) this.#closeRange();
    const reusable = this.#listed ? this.#flushLists(sink) : this.#flushPiece(sink);
    if (this.#chunk !== null && reusable) this.#pool.give(this.#chunk);
    this.#chunk = null;
    this.#bytes = 0;
    return reusable;
  }

  /** Nothing is there but the chunk, or the range. */
  #flushPiece(sink: SegmentSink): boolean {
    const loan = this.#rangeLoan;
    single[0] =
      this.#chunk === null
        ? this.#range.subarray(this.#rangeStart, this.#rangeEnd)
        : this.#chunk.subarray(this.#start, this.#end);
    this.#rangeLoan = null;
    this.#forgetRange();
    const reusable = sink.write(single);
    single[0] = NOTHING;
    if (reusable) loan?.release();
    else if (loan !== null) this.#untaken.push(loan);
    return reusable;
  }

  #flushLists(sink: SegmentSink): boolean {
    this.#closeChunk();
    const reusable = sink.write(this.#segments);
    if (reusable) {
      for (const chunk of this.#used) this.#pool.give(chunk);
      releaseAll(this.#loans);
    } else {
      for (const loan of this.#loans) this.#untaken.push(loan);
      emptyArray(this.#loans);
    }
    emptyArray(this.#segments);
    emptyArray(this.#used);
    this.#listed = false;
    return reusable;
  }

  /** The sink has taken everything that it had not. */
  releaseUntaken(): void {
    releaseAll(this.#untaken);
  }

  /** For bytes that must wait for the peer: copies a range that would pin a buffer much larger than itself. */
  settle(): void {
    const length = this.#rangeEnd - this.#rangeStart;
    if (length === 0 || length * 4 >= this.#range.buffer.byteLength) return;
    const own = Buffer.from(this.#range.subarray(this.#rangeStart, this.#rangeEnd));
    this.#closeChunk();
    this.#list(own);
    this.#forgetRange();
  }

  /** Forgets what waits. */
  clear(): void {
    this.writeTo(nowhere);
    // Nobody tells whether the sink still reads them: they are the collector's.
    emptyArray(this.#untaken);
  }

  /** Holds what the bytes lie in until they are written. */
  #borrow(source: Uint8Array): void {
    const loan = loanOf(source);
    if (loan === undefined) return;
    loan.hold();
    this.#rangeLoan = loan;
  }

  #appendOwn(frame: Frame, firstByte: number, packetId: number, end: number): void {
    const own = Buffer.from(frame.head.subarray(frame.headStart, end));
    patch(own, 0, frame, firstByte, packetId);
    this.append(own, 0, own.length);
  }

  /** A chunk with room for `length` bytes (at most CHUNK_SIZE) at `#end`, behind everything appended so far. */
  #room(length: number): Buffer {
    this.#closeRange();
    if (this.#chunk !== null && this.#end + length > CHUNK_SIZE) {
      this.#closeChunk();
      this.#used.push(this.#chunk); // its part of the output is in a list already
      this.#chunk = null;
    }
    if (this.#chunk === null) {
      this.#chunk = this.#pool.take();
      this.#start = 0;
      this.#end = 0;
    }
    return this.#chunk;
  }

  /** Puts the range behind what is there already. */
  #closeRange(): void {
    const start = this.#rangeStart;
    const end = this.#rangeEnd;
    if (start === end) return;
    if (end - start >= COPIED_RANGE) {
      this.#closeChunk();
      this.#takeRange();
      return;
    }
    const source = this.#range;
    const loan = this.#rangeLoan;
    this.#rangeLoan = null;
    this.#forgetRange();
    const chunk = this.#room(end - start);
    copier.copy(source, start, end, chunk, this.#end);
    this.#end += end - start;
    loan?.release();
  }

  /** Makes the range a segment of its own. */
  #takeRange(): void {
    if (this.#rangeStart === this.#rangeEnd) return;
    this.#list(this.#range.subarray(this.#rangeStart, this.#rangeEnd));
    if (this.#rangeLoan !== null) {
      this.#loans.push(this.#rangeLoan);
      this.#rangeLoan = null;
    }
    this.#forgetRange();
  }

  /** What it lies in is released: only bytes that were copied are still needed. */
  #forgetRange(): void {
    this.#rangeLoan?.release();
    this.#rangeLoan = null;
    this.#range = NOTHING;
    this.#rangeStart = 0;
    this.#rangeEnd = 0;
  }

  #closeChunk(): void {
    if (this.#chunk === null || this.#start === this.#end) return;
    this.#list(this.#chunk.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  #list(segment: Uint8Array): void {
    this.#listed = true;
    this.#segments.push(segment);
  }
}

function releaseAll(loans: Loan[]): void {
  if (loans.length === 0) return;
  for (const loan of loans) loan.release();
  emptyArray(loans);
}

function patch(target: Uint8Array, offset: number, frame: Frame, firstByte: number, packetId: number): void {
  target[offset] = firstByte;
  if (packetId === 0) return;
  const at = offset + frame.packetIdOffset - frame.headStart;
  target[at] = packetId >> 8;
  target[at + 1] = packetId & 0xff;
}
