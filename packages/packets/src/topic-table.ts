/** Topic names by their bytes: a topic that was seen lately costs a hash and a comparison, no decoding and no allocation. */
import { Buffer } from "./buffer.ts";
import { ProtocolError } from "./errors.ts";
import { ReasonCode } from "./reason-code.ts";
import { decodeString } from "./utf8.ts";

/** Longer topics are decoded each time, so that a table's memory stays bounded. */
const LONGEST_KEPT = 256;

/**
 * Reads `source[start, end)` as a topic name.
 * @throws ProtocolError 0x81 for ill-formed strings, 0x90 for wildcards [MQTT-3.3.2-2]
 */
export function decodeTopicName(source: Buffer, start: number, end: number): string {
  for (let i = start; i < end; i++) {
    const byte = source[i];
    if (byte === 0x2b || byte === 0x23) {
      throw new ProtocolError(ReasonCode.TopicNameInvalid, "topic name contains a wildcard");
    }
  }
  return decodeString(source, start, end);
}

/** Four bytes at a step: the multiplications wait for each other and would cost more than all the rest. */
function hashOf(source: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    const word =
      (source[i] as number) |
      ((source[i + 1] as number) << 8) |
      ((source[i + 2] as number) << 16) |
      ((source[i + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; i < end; i++) hash = Math.imul(hash ^ (source[i] as number), 0x01000193);
  return hash ^ (hash >>> 15);
}

/** A direct-mapped table of recently seen topic names. Its size is fixed; a newer topic takes the place of an older one. */
export class TopicTable {
  readonly #mask: number;
  readonly #names: string[];
  /** The bytes of all names, at the same distance from each other: with many topics most are replaced before they are met again. */
  readonly #bytes: Uint8Array;
  readonly #lengths: Uint16Array;

  /** @param slots how many topics are kept, a power of two. Default: 4096, at most 2 MiB of topics */
  constructor(slots = 4096) {
    if (!Number.isInteger(slots) || slots < 1 || (slots & (slots - 1)) !== 0) {
      throw new RangeError(`${slots} slots are not a power of two`);
    }
    this.#mask = slots - 1;
    this.#names = new Array<string>(slots).fill("");
    this.#bytes = new Uint8Array(slots * LONGEST_KEPT);
    this.#lengths = new Uint16Array(slots);
  }

  /**
   * The topic name in `source[start, end)`, as the same string each time while it stays in the table.
   * @throws ProtocolError 0x81 for ill-formed strings, 0x90 for wildcards; nothing is kept then
   */
  lookup(source: Uint8Array, start: number, end: number): string {
    const slot = hashOf(source, start, end) & this.#mask;
    const known = this.#bytes;
    const place = slot * LONGEST_KEPT;
    const length = end - start;
    if (this.#lengths[slot] === length) {
      let i = 0;
      while (i < length && known[place + i] === source[start + i]) i++;
      if (i === length) return this.#names[slot] as string;
    }
    const buffer = Buffer.isBuffer(source) ? source : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    const name = decodeTopicName(buffer, start, end);
    if (length <= LONGEST_KEPT) {
      this.#names[slot] = name;
      this.#lengths[slot] = length;
      for (let i = 0; i < length; i++) known[place + i] = source[start + i] as number;
    }
    return name;
  }
}
