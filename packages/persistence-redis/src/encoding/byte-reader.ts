/** Reads what the byte writer wrote; texts and bytes are views where that is possible. */

export class ByteReader {
  readonly #buffer: Buffer;
  #position = 0;

  constructor(buffer: Buffer) {
    this.#buffer = buffer;
  }

  get atEnd(): boolean {
    return this.#position >= this.#buffer.length;
  }

  u8(): number {
    return this.#buffer.readUInt8(this.#position++);
  }

  u16(): number {
    const value = this.#buffer.readUInt16LE(this.#position);
    this.#position += 2;
    return value;
  }

  u32(): number {
    const value = this.#buffer.readUInt32LE(this.#position);
    this.#position += 4;
    return value;
  }

  f64(): number {
    const value = this.#buffer.readDoubleLE(this.#position);
    this.#position += 8;
    return value;
  }

  text16(): string {
    return this.#text(this.u16());
  }

  text32(): string {
    return this.#text(this.u32());
  }

  bytes32(): Buffer {
    return this.#take(this.u32());
  }

  /** Everything up to the end. */
  rest(): Buffer {
    return this.#take(this.#buffer.length - this.#position);
  }

  #text(length: number): string {
    const start = this.#position;
    this.#position += length;
    return this.#buffer.toString("utf8", start, this.#position);
  }

  #take(length: number): Buffer {
    const start = this.#position;
    if (start + length > this.#buffer.length)
      throw new RangeError(`record ends ${start + length - this.#buffer.length} bytes early`);
    this.#position += length;
    return this.#buffer.subarray(start, this.#position);
  }
}
