/** Finds the packets in what a broker sends, wherever the chunks were cut; packets are handed on in place. */

/** Whom a reader tells of packets. */
export interface PacketSink {
  /** A packet with the first byte `first`; its body is `bytes[start..end)`, valid during the call. `at`: when it came. */
  onPacket(first: number, bytes: Uint8Array, start: number, end: number, at: number): void;
}

/** First byte and at most four bytes of length. */
const LONGEST_HEAD = 5;

export class PacketReader {
  readonly #sink: PacketSink;
  /** The beginning of a packet whose end has not come. */
  #kept = Buffer.allocUnsafe(64);
  #keptLength = 0;

  constructor(sink: PacketSink) {
    this.#sink = sink;
  }

  /** Takes the bytes from `start` to `end`. Throws when a length is longer than four bytes. */
  feed(bytes: Uint8Array, start: number, end: number, at: number): void {
    let from = this.#keptLength > 0 ? this.#complete(bytes, start, end, at) : start;
    while (from < end) {
      const length = packetLength(bytes, from, end);
      if (length < 0 || from + length > end) {
        this.#keep(bytes, from, end);
        return;
      }
      this.#deliver(bytes, from, from + length, at);
      from += length;
    }
  }

  /** Fills up the kept packet; answers where the next one begins. */
  #complete(bytes: Uint8Array, start: number, end: number, at: number): number {
    let from = start;
    let length = packetLength(this.#kept, 0, this.#keptLength);
    while (length < 0 && from < end) {
      this.#keep(bytes, from, from + 1);
      from++;
      length = packetLength(this.#kept, 0, this.#keptLength);
    }
    if (length < 0) return end;
    const taken = Math.min(length - this.#keptLength, end - from);
    this.#reserve(length);
    this.#keep(bytes, from, from + taken);
    if (this.#keptLength === length) {
      this.#keptLength = 0;
      this.#deliver(this.#kept, 0, length, at);
    }
    return from + taken;
  }

  #keep(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(this.#keptLength + end - start);
    this.#kept.set(bytes.subarray(start, end), this.#keptLength);
    this.#keptLength += end - start;
  }

  #reserve(length: number): void {
    if (length <= this.#kept.length) return;
    const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#kept.length));
    this.#kept.copy(larger, 0, 0, this.#keptLength);
    this.#kept = larger;
  }

  #deliver(bytes: Uint8Array, start: number, end: number, at: number): void {
    let body = start + 1;
    while (bytes[body]! >= 128) body++;
    this.#sink.onPacket(bytes[start]!, bytes, body + 1, end, at);
  }
}

/** Bytes of the whole packet that begins at `start`; -1 when its length is not there yet. */
function packetLength(bytes: Uint8Array, start: number, end: number): number {
  let body = 0;
  for (let at = start + 1, shift = 0; at < end; at++, shift += 7) {
    if (at - start >= LONGEST_HEAD) throw new Error("the broker sent a packet length of more than four bytes");
    const byte = bytes[at]!;
    body += (byte & 127) * 2 ** shift;
    if (byte < 128) return at + 1 - start + body;
  }
  return -1;
}
