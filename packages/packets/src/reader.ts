/** A cursor over the bytes of one packet. Running past the packet's end is a malformed packet, never an exception of JavaScript. */
import { Buffer } from "./buffer.ts";
import { ProtocolError } from "./errors.ts";
import { packetTypeName } from "./packet-type.ts";
import { ReasonCode } from "./reason-code.ts";
import { decodeString } from "./utf8.ts";

const EMPTY = Buffer.alloc(0);

/** Set to each packet in turn. */
export class Reader {
  bytes: Buffer = EMPTY;
  position = 0;
  end = 0;
  /** Type of the packet being read, for messages. */
  type = 0;

  /** Looks at the body of a packet: `bytes[position, end)`. */
  reset(bytes: Buffer, position: number, end: number, type: number): void {
    this.bytes = bytes;
    this.position = position;
    this.end = end;
    this.type = type;
  }

  /** Lets go of the received bytes. */
  release(): void {
    this.bytes = EMPTY;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  byte(): number {
    this.#need(1);
    return this.bytes[this.position++] as number;
  }

  uint16(): number {
    this.#need(2);
    const at = this.position;
    this.position = at + 2;
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  uint32(): number {
    const high = this.uint16();
    return high * 0x10000 + this.uint16();
  }

  /** A Variable Byte Integer in its shortest form [MQTT-1.5.5-1]. */
  variableByteInteger(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (byte === 0 && shift > 0) throw this.malformed("has a variable byte integer longer than needed");
        return value;
      }
    }
    throw this.malformed("has a variable byte integer of more than 4 bytes");
  }

  string(): string {
    const length = this.uint16();
    this.#need(length);
    const start = this.position;
    this.position = start + length;
    return decodeString(this.bytes, start, this.position);
  }

  /** Binary data as a copy of its own, so that keeping it does not keep the whole read buffer. */
  binary(): Buffer {
    const length = this.uint16();
    this.#need(length);
    const start = this.position;
    this.position = start + length;
    return Buffer.from(this.bytes.subarray(start, this.position));
  }

  /** A packet identifier, never 0 [MQTT-2.2.1-3]. */
  packetId(): number {
    const id = this.uint16();
    if (id === 0) throw this.protocolError("has packet identifier 0");
    return id;
  }

  /** The packet must be used up. */
  expectEnd(): void {
    if (this.position !== this.end) throw this.malformed(`has ${this.remaining} bytes after its last field`);
  }

  malformed(what: string): ProtocolError {
    return new ProtocolError(ReasonCode.MalformedPacket, `${packetTypeName(this.type)} ${what}`);
  }

  protocolError(what: string): ProtocolError {
    return new ProtocolError(ReasonCode.ProtocolError, `${packetTypeName(this.type)} ${what}`);
  }

  #need(count: number): void {
    if (this.end - this.position < count) {
      throw this.malformed(`ends within a field: ${count} bytes wanted, ${this.remaining} left`);
    }
  }
}
