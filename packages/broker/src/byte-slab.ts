/** Memory for small things that are kept: many share one piece, so that keeping one costs a copy and no allocation. */

// V8 looks a lazy global up anew each time; an import is a constant.
import { Buffer } from "node:buffer";

const SLAB_SIZE = 8 * 1024;
/** What is longer gets memory of its own. */
const LONGEST_SHARED = 2 * 1024;

let slab: Buffer = Buffer.allocUnsafeSlow(SLAB_SIZE);
let used = 0;

/** Bytes that nobody else writes into: `buffer[start, start + length asked for)`. */
export interface OwnedBytes {
  readonly buffer: Buffer;
  readonly start: number;
}

/** Room for `length` bytes. Keeping it pins at most 8 KiB more than that. */
export function takeBytes(length: number): OwnedBytes {
  if (length > LONGEST_SHARED) return { buffer: Buffer.allocUnsafeSlow(length), start: 0 };
  if (used + length > SLAB_SIZE) {
    slab = Buffer.allocUnsafeSlow(SLAB_SIZE);
    used = 0;
  }
  const owned = { buffer: slab, start: used };
  used += length;
  return owned;
}

/** What is sent and forgotten lies in pieces of this size: a piece is written at once. */
const PASSING_SIZE = 64 * 1024;

let passing: Buffer = Buffer.allocUnsafeSlow(0);
let passed = 0;

/** As `takeBytes`, for what is about to be sent: apart from what is kept, which would pin it. */
export function takePassing(length: number): OwnedBytes {
  if (length > LONGEST_SHARED) return { buffer: Buffer.allocUnsafeSlow(length), start: 0 };
  if (passed + length > passing.length) {
    passing = Buffer.allocUnsafeSlow(PASSING_SIZE);
    passed = 0;
  }
  const taken = { buffer: passing, start: passed };
  passed += length;
  return taken;
}

/** Copies `source[start, end)` to where nobody writes again. */
export function copyToOwn(source: Uint8Array, start: number, end: number): OwnedBytes {
  const owned = takeBytes(end - start);
  copier.copy(source, start, end, owned.buffer, owned.start);
  return owned;
}

/** Up to here moving words beats a native copy, which takes a view of the source first: 60 nanoseconds. */
const LONGEST_BY_WORDS = 160;

/** A buffer that is remembered is not given back: none that is larger than what sockets read into. */
const LARGEST_KEPT = 128 * 1024;

const NOTHING = new Uint8Array(0);
const NO_WORDS = new DataView(NOTHING.buffer);

/**
 * Copies between buffers of which it meets the same ones again and again: it remembers the last two, and how to move
 * four bytes of them at a time. One for each place in the code that copies.
 */
export class Copier {
  #source: Uint8Array = NOTHING;
  #sourceWords: DataView = NO_WORDS;
  #target: Uint8Array = NOTHING;
  #targetWords: DataView = NO_WORDS;

  /** Copies `source[start, end)` to `target[offset, ...)`. */
  copy(source: Uint8Array, start: number, end: number, target: Uint8Array, offset: number): void {
    const length = end - start;
    if (length > LONGEST_BY_WORDS || (source !== this.#source && source.buffer.byteLength > LARGEST_KEPT)) {
      target.set(source.subarray(start, end), offset);
      return;
    }
    if (length < 4) {
      for (let index = 0; index < length; index++) target[offset + index] = source[start + index] as number;
      return;
    }
    if (source !== this.#source) {
      this.#source = source;
      this.#sourceWords = wordsOf(source);
    }
    if (target !== this.#target) {
      this.#target = target;
      this.#targetWords = wordsOf(target);
    }
    const from = this.#sourceWords;
    const to = this.#targetWords;
    const last = length - 4;
    for (let index = 0; index < last; index += 4) to.setInt32(offset + index, from.getInt32(start + index));
    // The last word may lie over the one before.
    to.setInt32(offset + last, from.getInt32(start + last));
  }
}

const copier = new Copier();

function wordsOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
