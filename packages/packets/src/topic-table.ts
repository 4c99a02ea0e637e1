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

/** A topic may stand in so many slots, side by side in one line of the processor's cache. */
const WAYS = 4;
const FIRST_SLOTS = 4096;
const MOST_SLOTS = 256 * 1024;
/** Bytes of all names together. */
const MOST_BYTES = 8 * 1024 * 1024;

/** What is known of a slot, in numbers that lie next to each other. */
const Field = {
  Hash: 0,
  /** -1: nothing is in it. */
  Length: 1,
  /** Where the bytes begin. */
  Start: 2,
  /** The note beside the name holds while this is the table's age. */
  Age: 3,
} as const;
const FIELDS = 4;

/** How many slots one `forgetNotes` frees of notes that do not hold any more. */
const SWEPT_AT_ONCE = 16;
const OLDEST = 0x7fffffff;

/**
 * Topic names seen lately, each with what the table's user has noted beside it: whoever asks for the note of the topic
 * decoded last does not look for it. Grows to its largest size as topics come, and no further: then a newer topic takes the place
 * of an older one, and a table whose names got too many bytes begins anew.
 */
export class TopicTable<Note = unknown> {
  readonly #mostSlots: number;
  #mask: number;
  #fields: Int32Array;
  /** Name and note of each slot. */
  #kept: (string | Note | undefined)[];
  #bytes: Uint8Array;
  #used = 0;
  #count = 0;
  #age = 1;
  /** The slot of the last topic that was looked up; -1: it has none. */
  #latest = -1;
  /** Which of the ways is replaced next. */
  #next = 0;
  #swept = 0;

  /** @param slots how many topics are kept at most, a power of two from 4. Default: 262,144 and 8 MiB of topics */
  constructor(slots: number = MOST_SLOTS) {
    if (!Number.isInteger(slots) || slots < WAYS || (slots & (slots - 1)) !== 0) {
      throw new RangeError(`${slots} slots are not a power of two from ${WAYS}`);
    }
    this.#mostSlots = slots;
    const first = Math.min(slots, FIRST_SLOTS);
    this.#mask = first / WAYS - 1;
    this.#fields = emptyFields(first);
    this.#kept = new Array(first * 2).fill(undefined);
    this.#bytes = new Uint8Array(first * 16);
  }

  /**
   * The topic name in `source[start, end)`, as the same string each time while it stays in the table.
   * @throws ProtocolError 0x81 for ill-formed strings, 0x90 for wildcards; nothing is kept then
   */
  lookup(source: Uint8Array, start: number, end: number): string {
    const latest = this.#latest;
    // Packets of one chunk are often for one topic.
    if (latest >= 0 && this.#isIn(latest, source, start, end)) return this.#kept[latest * 2] as string;
    const hash = hashOf(source, start, end);
    const fields = this.#fields;
    const first = (hash & this.#mask) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (fields[slot * FIELDS] !== hash || !this.#isIn(slot, source, start, end)) continue;
      this.#latest = slot;
      return this.#kept[slot * 2] as string;
    }
    this.#latest = -1;
    const buffer = Buffer.isBuffer(source) ? source : Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    const name = decodeTopicName(buffer, start, end);
    if (end - start <= LONGEST_KEPT) this.#keep(hash, source, start, end, name);
    return name;
  }

  /** What was noted with `name`; undefined when it is not the topic looked up last, or nothing is. */
  noted(name: string): Note | undefined {
    const slot = this.#latest;
    if (slot < 0 || (this.#kept[slot * 2] as string) !== name) return undefined;
    if (this.#fields[slot * FIELDS + Field.Age] !== this.#age) return undefined;
    return this.#kept[slot * 2 + 1] as Note;
  }

  /** Notes something with `name` if it is the topic looked up last. It is forgotten with the topic, or with all notes. */
  note(name: string, note: Note): void {
    const slot = this.#latest;
    if (slot < 0 || this.#kept[slot * 2] !== name) return;
    this.#kept[slot * 2 + 1] = note;
    this.#fields[slot * FIELDS + Field.Age] = this.#age;
  }

  /** No note holds any more. What they hold in memory is let go of bit by bit. */
  forgetNotes(): void {
    const kept = this.#kept;
    const fields = this.#fields;
    if (this.#age === OLDEST) {
      this.#age = 0;
      for (let at = Field.Age; at < fields.length; at += FIELDS) fields[at] = 0;
    }
    this.#age++;
    let slot = this.#swept;
    for (let count = 0; count < SWEPT_AT_ONCE; count++) {
      if (fields[slot * FIELDS + Field.Age] !== this.#age) kept[slot * 2 + 1] = undefined;
      slot = (slot + 1) & (kept.length / 2 - 1);
    }
    this.#swept = slot;
  }

  /** Begins at the end: that is where topics differ. */
  #isIn(slot: number, source: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    const at = slot * FIELDS;
    if (this.#fields[at + Field.Length] !== length) return false;
    const known = this.#bytes;
    const place = this.#fields[at + Field.Start] as number;
    let i = length - 1;
    while (i >= 0 && known[place + i] === source[start + i]) i--;
    return i < 0;
  }

  #keep(hash: number, source: Uint8Array, start: number, end: number, name: string): void {
    const length = end - start;
    if (this.#used + length > this.#bytes.length) this.#makeRoom(length);
    let slot = this.#freeSlot(hash);
    if (slot === -1 && this.#count * 2 > this.#kept.length / 2 && this.#kept.length / 2 < this.#mostSlots) {
      this.#grow();
      slot = this.#freeSlot(hash);
    }
    if (slot === -1) {
      this.#next = (this.#next + 1) % WAYS;
      slot = (hash & this.#mask) * WAYS + this.#next;
    } else this.#count++;
    const at = slot * FIELDS;
    this.#fields[at] = hash;
    this.#fields[at + Field.Length] = length;
    this.#fields[at + Field.Start] = this.#used;
    this.#fields[at + Field.Age] = 0;
    for (let i = 0; i < length; i++) this.#bytes[this.#used + i] = source[start + i] as number;
    this.#used += length;
    this.#kept[slot * 2] = name;
    this.#kept[slot * 2 + 1] = undefined;
    this.#latest = slot;
  }

  /** -1: all that a topic with this hash may have are taken. */
  #freeSlot(hash: number): number {
    const first = (hash & this.#mask) * WAYS;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#fields[slot * FIELDS + Field.Length] === -1) return slot;
    }
    return -1;
  }

  /** Twice as many slots; what finds none among them is forgotten. */
  #grow(): void {
    const fields = this.#fields;
    const kept = this.#kept;
    this.#mask = this.#mask * 2 + 1;
    this.#fields = emptyFields(kept.length);
    this.#kept = new Array(kept.length * 2).fill(undefined);
    this.#count = 0;
    for (let old = 0; old < kept.length / 2; old++) {
      const from = old * FIELDS;
      const slot = fields[from + Field.Length] === -1 ? -1 : this.#freeSlot(fields[from] as number);
      if (slot === -1) continue;
      this.#count++;
      for (let field = 0; field < FIELDS; field++) {
        this.#fields[slot * FIELDS + field] = fields[from + field] as number;
      }
      this.#kept[slot * 2] = kept[old * 2];
      this.#kept[slot * 2 + 1] = kept[old * 2 + 1];
    }
  }

  /** Memory for the bytes of another name. */
  #makeRoom(length: number): void {
    if (this.#bytes.length < MOST_BYTES) {
      const larger = new Uint8Array(Math.min(MOST_BYTES, Math.max(this.#bytes.length * 2, this.#used + length)));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    if (this.#used + length <= this.#bytes.length) return;
    this.#used = 0;
    this.#count = 0;
    this.#fields = emptyFields(this.#kept.length / 2);
    this.#kept.fill(undefined);
  }
}

function emptyFields(slots: number): Int32Array {
  const fields = new Int32Array(slots * FIELDS);
  for (let at: number = Field.Length; at < fields.length; at += FIELDS) fields[at] = -1;
  return fields;
}
