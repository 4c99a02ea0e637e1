/** Writes records and commands into one growing buffer: no small buffers, no concatenation per message. */

const FIRST_SIZE = 16 * 1024;
/** A larger buffer is not kept for what is written next. */
const LARGEST_KEPT = 512 * 1024;
/** Up to here a loop beats the set-up of a native copy. */
const LOOPED_COPY = 48;

export class ByteWriter {
  #buffer: Buffer;
  #length = 0;

  constructor(size: number = FIRST_SIZE) {
    this.#buffer = Buffer.allocUnsafe(size);
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  u8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#length++] = value;
  }

  u16(value: number): void {
    this.#reserve(2);
    this.#length = this.#buffer.writeUInt16LE(value, this.#length);
  }

  u32(value: number): void {
    this.#reserve(4);
    this.#length = this.#buffer.writeUInt32LE(value, this.#length);
  }

  /** A number beyond 32 bits: a time, a sequence. */
  f64(value: number): void {
    this.#reserve(8);
    this.#length = this.#buffer.writeDoubleLE(value, this.#length);
  }

  /** Text behind its length in 16 bits. */
  text16(value: string): void {
    const start = this.#length;
    this.#reserve(2 + value.length * 3);
    const written = this.#buffer.write(value, start + 2, "utf8");
    this.#buffer.writeUInt16LE(written, start);
    this.#length = start + 2 + written;
  }

  /** Bytes behind their length in 32 bits. */
  bytes32(value: Uint8Array): void {
    this.u32(value.length);
    this.bytes(value);
  }

  /** Text behind its length in 32 bits. */
  text32(value: string): void {
    const start = this.#length;
    this.#reserve(4 + value.length * 3);
    const written = this.#buffer.write(value, start + 4, "utf8");
    this.#buffer.writeUInt32LE(written, start);
    this.#length = start + 4 + written;
  }

  /** Bytes as they are. */
  bytes(value: Uint8Array): void {
    const { length } = value;
    this.#reserve(length);
    const buffer = this.#buffer;
    if (length > LOOPED_COPY) buffer.set(value, this.#length);
    else for (let index = 0, to = this.#length; index < length; index++, to++) buffer[to] = value[index] as number;
    this.#length += length;
  }

  /** Something that was written before, once more. */
  again(start: number, end: number): void {
    this.#reserve(end - start);
    this.#buffer.copyWithin(this.#length, start, end);
    this.#length += end - start;
  }

  /** Leaves room for a length in 32 bits; `close32` fills it in. */
  open32(): number {
    this.#reserve(4);
    this.#length += 4;
    return this.#length;
  }

  /** Everything written since `open32` answered `start` is what the length is of. */
  close32(start: number): void {
    this.#buffer.writeUInt32LE(this.#length - start, start - 4);
  }

  /** Puts a number where `open32` left room. */
  patch32(start: number, value: number): void {
    this.#buffer.writeUInt32LE(value, start - 4);
  }

  /** What was written; it stays so until the writer is used again. */
  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Begins anew, in the same memory. */
  reset(): void {
    this.#length = 0;
    if (this.#buffer.length > LARGEST_KEPT) this.#buffer = Buffer.allocUnsafe(FIRST_SIZE);
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}
