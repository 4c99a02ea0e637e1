/**
 * Received chunks, kept by reference until decoded. A packet that lies across chunks is put together once all of it is
 * there; one that is much larger than they are, as it comes.
 */
import { Buffer } from "./buffer.ts";

const EMPTY = Buffer.alloc(0);
/** What is not longer than this is copied rather than kept, as it might hold on to a read buffer many times its size. */
const LARGEST_COPIED_REST = 4096;
const SMALLEST_BLOCK = 128;
const LARGEST_BLOCK = 16_384;

/** Bytes that have arrived and are not decoded yet. */
export class ReceiveBuffer {
  /** What the chunk being decoded lies in: `bytes[position, limit)` is next. Empty unless nothing is there at all, or {@link advance} is due. */
  bytes: Buffer = EMPTY;
  position = 0;
  limit = 0;
  /** Complete pieces behind `bytes`, from index `#next` on: shifting a long array would move all of it each time. */
  readonly #later: Buffer[] = [];
  #next = 0;
  #laterLength = 0;
  /** Small pieces behind all others, copied together. */
  #block: Buffer = EMPTY;
  #blockLength = 0;
  /** All bytes that were ever handed over, and so many of them, from the first on, that were copied since. */
  #received = 0;
  #copied = 0;
  /** The packet that is being put together, up to `#gathered`. Nothing else is there as long as bytes of it lack. */
  #whole: Buffer | null = null;
  #gathered = 0;

  /** Bytes not decoded yet. */
  get length(): number {
    return this.limit - this.position + this.#laterLength + this.#blockLength + this.#gathered;
  }

  /** Bytes that were handed over since the beginning. */
  get received(): number {
    return this.#received;
  }

  /** So many of them, from the first on, are not needed any more where they lie. */
  get released(): number {
    return Math.max(this.#copied, this.#received - this.length);
  }

  /** Takes `chunk[start, end)` over. */
  push(chunk: Uint8Array, start: number, end: number): void {
    const from = this.#whole === null ? start : start + this.fill(chunk, start, end);
    if (from === end) return;
    this.#received += end - from;
    const source = asBuffer(chunk);
    if (this.length === 0) {
      this.#read(source, from, end);
      return;
    }
    const piece = from === 0 && end === source.length ? source : source.subarray(from, end);
    if (piece.length > LARGEST_COPIED_REST) {
      this.#seal();
      this.#append(piece);
    } else {
      this.#copy(piece);
    }
  }

  /** The packet of `whole.length` bytes, of which what is there is the beginning, is put together in this memory from now on. */
  gather(whole: Buffer): void {
    const gathered = this.length;
    this.#move(whole, gathered);
    this.#read(EMPTY, 0, 0);
    this.#whole = whole;
    this.#gathered = gathered;
    this.#copied = this.#received;
  }

  /** Copies what the packet that is being put together lacks of `chunk[start, end)`; returns how many bytes it took. */
  fill(chunk: Uint8Array, start: number, end: number): number {
    const whole = this.#whole;
    if (whole === null) return 0;
    const count = Math.min(end - start, whole.length - this.#gathered);
    whole.set(count === chunk.length ? chunk : chunk.subarray(start, start + count), this.#gathered);
    this.#gathered += count;
    this.#received += count;
    if (this.#gathered === whole.length) {
      this.#whole = null;
      this.#gathered = 0;
      this.#read(whole, 0, whole.length);
    }
    return count;
  }

  /** Goes on to the next piece when the current one is used up. Returns whether there is anything to read. */
  advance(): boolean {
    if (this.position < this.limit) return true;
    if (this.#laterLength === 0) this.#seal();
    // Asked of the numbers, and not of the array, which would be one more object of each client to look at.
    if (this.#laterLength === 0) {
      this.#read(EMPTY, 0, 0);
      return false;
    }
    const next = this.#later[this.#next] as Buffer;
    this.#read(next, 0, next.length);
    this.#laterLength -= this.limit;
    this.#later[this.#next++] = EMPTY;
    if (this.#next === this.#later.length) {
      this.#later.length = 0;
      this.#next = 0;
    }
    return true;
  }

  /** Copies the next bytes into `target` without taking them; returns how many there were. */
  peek(target: Uint8Array): number {
    this.#seal();
    const wanted = Math.min(target.length, this.length);
    let piece = this.bytes;
    let from = this.position;
    let limit = this.limit;
    let next = this.#next;
    for (let at = 0; at < wanted; at++) {
      while (from === limit) {
        piece = this.#later[next++] as Buffer;
        from = 0;
        limit = piece.length;
      }
      target[at] = piece[from++] as number;
    }
    return wanted;
  }

  /** Takes the next `count` bytes, which are there, as one piece of their own memory. */
  take(count: number): Buffer {
    const whole = Buffer.allocUnsafe(count);
    this.#move(whole, count);
    return whole;
  }

  /** Lets go of a large chunk of which only little is left. */
  trim(): void {
    const rest = this.limit - this.position;
    if (rest <= LARGEST_COPIED_REST && rest * 2 < this.bytes.buffer.byteLength) {
      const copy = rest === 0 ? EMPTY : Buffer.allocUnsafeSlow(rest);
      this.bytes.copy(copy, 0, this.position, this.limit);
      this.#read(copy, 0, rest);
      this.#copied = this.#received - this.#laterLength - this.#blockLength;
    }
  }

  /** Forgets everything. */
  clear(): void {
    this.#read(EMPTY, 0, 0);
    this.#later.length = 0;
    this.#next = 0;
    this.#laterLength = 0;
    this.#block = EMPTY;
    this.#blockLength = 0;
    this.#whole = null;
    this.#gathered = 0;
  }

  /** Moves the next `count` bytes, which are there, to `target`. */
  #move(target: Buffer, count: number): void {
    let at = 0;
    while (at < count) {
      this.advance();
      const end = Math.min(this.limit, this.position + count - at);
      at += this.bytes.copy(target, at, this.position, end);
      this.position = end;
    }
  }

  #read(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.position = start;
    this.limit = end;
  }

  #append(piece: Buffer): void {
    this.#later.push(piece);
    this.#laterLength += piece.length;
  }

  #copy(chunk: Uint8Array): void {
    if (chunk.length > this.#block.length - this.#blockLength) this.#makeRoom(chunk.length);
    this.#block.set(chunk, this.#blockLength);
    this.#blockLength += chunk.length;
  }

  /**
   * Room for one more small piece, next to those that wait already: packets that lie in one piece are decoded, and forwarded,
   * without being put together.
   */
  #makeRoom(length: number): void {
    const rest = this.limit - this.position;
    const joined = rest <= LARGEST_COPIED_REST && this.#later.length === 0 ? rest : 0;
    const kept = joined + this.#blockLength;
    if (kept + length > LARGEST_BLOCK) {
      this.#seal();
      this.#block = Buffer.allocUnsafeSlow(LARGEST_BLOCK);
      return;
    }
    const block = Buffer.allocUnsafeSlow(Math.min(LARGEST_BLOCK, Math.max(SMALLEST_BLOCK, 2 * (kept + length))));
    if (joined > 0) {
      this.bytes.copy(block, 0, this.position, this.limit);
      this.#read(EMPTY, 0, 0);
    }
    this.#block.copy(block, joined, 0, this.#blockLength);
    this.#block = block;
    this.#blockLength = kept;
  }

  /** Makes the block of small pieces one of the complete ones. */
  #seal(): void {
    if (this.#blockLength === 0) return;
    const piece = this.#block.subarray(0, this.#blockLength);
    this.#block = EMPTY;
    this.#blockLength = 0;
    this.#append(piece);
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
