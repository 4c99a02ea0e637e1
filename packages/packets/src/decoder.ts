/** The incremental decoder: bytes in, packets out. It frames the packets; what stands in them is read in packets/. */
import { Buffer } from "./buffer.ts";
import { LimitExceededError } from "./errors.ts";
import {
  checkFirstByte,
  type FirstByteTable,
  firstByteTable,
  LARGEST_PACKET,
  LONGEST_FIXED_HEADER,
  readRemainingLength,
} from "./fixed-header.ts";
import type { ProtocolVersion, Sender } from "./packet-type.ts";
import { decodeAcknowledgement } from "./packets/acknowledgement.ts";
import { decodeAuth } from "./packets/auth.ts";
import { decodeConnack } from "./packets/connack.ts";
import { decodeConnect } from "./packets/connect.ts";
import { decodeDisconnect } from "./packets/disconnect.ts";
import type { Packet } from "./packets/packet.ts";
import { decodePublish } from "./packets/publish.ts";
import { decodeSuback } from "./packets/suback.ts";
import { decodeSubscribe } from "./packets/subscribe.ts";
import { decodeUnsuback } from "./packets/unsuback.ts";
import { decodeUnsubscribe } from "./packets/unsubscribe.ts";
import { Reader } from "./reader.ts";
import { ReasonCode } from "./reason-code.ts";
import { ReceiveBuffer } from "./receive-buffer.ts";
import type { TopicTable } from "./topic-table.ts";
import { variableByteIntegerLength } from "./writer.ts";

/** A packet that is larger than this is put together as it comes, once a part of it is there: bytes. */
const GATHERED_FROM = 128 * 1024;
/** Which part: memory for the whole is taken on the word of the sender alone, and this bounds how much. */
const GATHERED_PART = 1 / 4;

/** Where memory for large packets comes from. */
export interface PacketMemory {
  /**
   * Memory for the packet of more than 128 KiB that is arriving, of just that many bytes; what was in it does not matter. It
   * must stay as it is until the packet is done with, as `ReceivedPublish.source` is that memory.
   */
  memoryFor(packetLength: number): Buffer;
}

/** What a decoder has to know. */
export interface DecoderOptions {
  /** Who sends the packets: `client` when we are a server. Packets of the wrong direction are protocol errors. */
  readonly from: Sender;
  /** The protocol version. From a client it is taken from its CONNECT; required when `from` is `server`. */
  readonly version?: ProtocolVersion | undefined;
  /** Largest packet in bytes, fixed header included; more is refused (0x95) before the body arrives. Default: 268,435,460. */
  readonly maximumPacketSize?: number | undefined;
  /** Most user properties in one packet, those of a will apart; more: 0x97. Default: 65,535. */
  readonly maximumUserProperties?: number | undefined;
  /** Most filters in one SUBSCRIBE or UNSUBSCRIBE; more: 0x97. Default: 65,535. */
  readonly maximumFilters?: number | undefined;
  /** Where topic names are looked up; share one among the connections of a broker. Default: none. */
  readonly topics?: TopicTable | undefined;
  /** Gives memory for packets of more than 128 KiB. Default: each has its own. */
  readonly memory?: PacketMemory | undefined;
}

/** One for all: nobody is interrupted while he decodes a packet. */
const reader = new Reader();

const ownMemory: PacketMemory = { memoryFor: (packetLength) => Buffer.allocUnsafeSlow(packetLength) };

/** Decodes the packets that one peer sends. */
export class Decoder {
  /** Bytes a packet may have from the next one on. */
  maximumPacketSize: number;
  /** Size in bytes of the packet that `next` returned last, fixed header included. */
  packetLength = 0;
  readonly #from: Sender;
  readonly #maximumUserProperties: number;
  readonly #maximumFilters: number;
  readonly #topics: TopicTable | undefined;
  readonly #memory: PacketMemory;
  readonly #input = new ReceiveBuffer();
  #version: ProtocolVersion | undefined;
  #accepted: FirstByteTable;
  /** Size of the packet that is arriving, once its header is there; 0 before. */
  #awaited = 0;
  #failed = false;

  /** @throws RangeError when the packets come from a server and the version is missing */
  constructor(options: DecoderOptions) {
    if (options.from === "server" && options.version === undefined) {
      throw new RangeError("packets of a server cannot be decoded without a protocol version");
    }
    this.#from = options.from;
    this.#version = options.version;
    this.#accepted = firstByteTable(options.version, options.from);
    this.maximumPacketSize = options.maximumPacketSize ?? LARGEST_PACKET;
    this.#maximumUserProperties = options.maximumUserProperties ?? 65_535;
    this.#maximumFilters = options.maximumFilters ?? 65_535;
    this.#topics = options.topics;
    this.#memory = options.memory ?? ownMemory;
  }

  /** The protocol version; `undefined` until a CONNECT says it, also one that is malformed further on. */
  get version(): ProtocolVersion | undefined {
    return this.#version;
  }

  set version(version: ProtocolVersion | undefined) {
    this.#version = version;
    this.#accepted = firstByteTable(version, this.#from);
  }

  /** Bytes handed over and not decoded yet. */
  get bufferedBytes(): number {
    return this.#input.length;
  }

  /** Bytes handed over since the beginning, decoded or not. */
  get receivedBytes(): number {
    return this.#input.received;
  }

  /**
   * So many of `receivedBytes`, from the first on, are not needed any more where they lie. Packets that were returned may
   * have views of them: `ReceivedPublish.source` is where they came.
   */
  get releasedBytes(): number {
    return this.#input.released;
  }

  /** Hands over received bytes: `chunk[start, end)`, by default all. They are kept by reference until decoded: don't change them. */
  push(chunk: Uint8Array, start: number = 0, end: number = chunk.length): void {
    if (!this.#failed) this.#input.push(chunk, start, end);
  }

  /**
   * Copies from `chunk[start, end)` what the large packet that is arriving lacks; returns how many bytes it took. For callers
   * that read all into one place: what was taken need not have memory of its own. The rest is to be handed to `push`.
   */
  fill(chunk: Uint8Array, start: number = 0, end: number = chunk.length): number {
    return this.#failed ? 0 : this.#input.fill(chunk, start, end);
  }

  /**
   * The next complete packet; `null` when more bytes are needed. After an error the decoder is dead and returns `null`.
   * @throws ProtocolError with the reason code to disconnect with
   */
  next(): Packet | null {
    if (this.#failed) return null;
    try {
      return this.#next();
    } catch (error) {
      this.#failed = true;
      this.#input.clear();
      reader.release();
      throw error;
    }
  }

  #next(): Packet | null {
    const input = this.#input;
    if (input.position === input.limit && !input.advance()) {
      reader.release();
      return null;
    }
    const bytes = input.bytes;
    const start = input.position;
    const remaining = readRemainingLength(bytes, start + 1, input.limit);
    if (remaining === -1) return this.#nextInPieces();
    const bodyStart = start + 1 + variableByteIntegerLength(remaining);
    const end = bodyStart + remaining;
    this.#checkHeader(bytes[start] as number, end - start);
    if (end > input.limit) return this.#nextInPieces();
    input.position = end;
    this.#awaited = 0; // what began in an earlier chunk may have been joined to the rest of it
    return this.#decode(bytes, start, bodyStart, end);
  }

  /** A packet of which the current chunk has only the beginning. */
  #nextInPieces(): Packet | null {
    const input = this.#input;
    if (this.#awaited === 0) {
      const header = new Uint8Array(LONGEST_FIXED_HEADER);
      const remaining = readRemainingLength(header, 1, input.peek(header));
      if (remaining !== -1) {
        this.#awaited = 1 + variableByteIntegerLength(remaining) + remaining;
        this.#checkHeader(header[0] as number, this.#awaited);
      }
    }
    if (this.#awaited === 0 || input.length < this.#awaited) {
      if (this.#awaited <= GATHERED_FROM || input.length < this.#awaited * GATHERED_PART) input.trim();
      else input.gather(this.#memory.memoryFor(this.#awaited));
      reader.release();
      return null;
    }
    const end = this.#awaited;
    this.#awaited = 0;
    const bytes = input.take(end);
    const remaining = readRemainingLength(bytes, 1, end);
    return this.#decode(bytes, 0, end - remaining, end);
  }

  /** What can be refused before the body is there. */
  #checkHeader(first: number, size: number): void {
    if (this.#accepted[first] === 0) throw checkFirstByte(first, this.#version, this.#from);
    if (size > this.maximumPacketSize) {
      throw new LimitExceededError(
        "maximumPacketSize",
        ReasonCode.PacketTooLarge,
        `packet of ${size} bytes exceeds the maximum of ${this.maximumPacketSize}`,
      );
    }
  }

  #decode(bytes: Buffer, start: number, bodyStart: number, end: number): Packet {
    const first = bytes[start] as number;
    const type = first >> 4;
    this.packetLength = end - start;
    reader.reset(bytes, bodyStart, end, type);
    // only CONNECT gets here without a version, and brings its own
    const version = this.#version as ProtocolVersion;
    const maximumUserProperties = this.#maximumUserProperties;
    switch (type) {
      case 1:
        return decodeConnect(reader, this, maximumUserProperties);
      case 2:
        return decodeConnack(reader, version, maximumUserProperties);
      case 3:
        return decodePublish(reader, start, version, this.#from, maximumUserProperties, this.#topics);
      case 4:
      case 5:
      case 6:
      case 7:
        return decodeAcknowledgement(reader, type, version, this.#from, maximumUserProperties);
      case 8:
        return decodeSubscribe(reader, version, maximumUserProperties, this.#maximumFilters);
      case 9:
        return decodeSuback(reader, version, maximumUserProperties);
      case 10:
        return decodeUnsubscribe(reader, version, maximumUserProperties, this.#maximumFilters);
      case 11:
        return decodeUnsuback(reader, version, maximumUserProperties);
      case 12:
        reader.expectEnd();
        return { type };
      case 13:
        reader.expectEnd();
        return { type };
      case 14:
        return decodeDisconnect(reader, version, this.#from, maximumUserProperties);
      default:
        return decodeAuth(reader, this.#from, maximumUserProperties);
    }
  }
}
