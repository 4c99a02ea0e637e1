/** A cursor that fills a buffer whose exact size was measured before; and the measures. */
import type { Buffer } from "./buffer.ts";
import { MAXIMUM_FIELD_LENGTH, stringLength, writeString } from "./utf8.ts";

/** Largest value of a Variable Byte Integer. */
export const MAXIMUM_VARIABLE_BYTE_INTEGER = 268_435_455;

/** Bytes of a Variable Byte Integer in its shortest form. @throws RangeError above 268,435,455 */
export function variableByteIntegerLength(value: number): 1 | 2 | 3 | 4 {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  if (value <= MAXIMUM_VARIABLE_BYTE_INTEGER) return 4;
  throw new RangeError(`a length of ${value} exceeds the maximum of ${MAXIMUM_VARIABLE_BYTE_INTEGER}`);
}

/** Bytes of a string with its length in front. */
export function measureString(text: string): number {
  return 2 + stringLength(text);
}

/** Bytes of binary data with its length in front. @throws RangeError above 65,535 bytes */
export function measureBinary(data: Uint8Array): number {
  if (data.length > MAXIMUM_FIELD_LENGTH) {
    throw new RangeError(`binary data of ${data.length} bytes exceeds the maximum of ${MAXIMUM_FIELD_LENGTH}`);
  }
  return 2 + data.length;
}

/** Refuses numbers that their field cannot hold: they would be cut off silently. */
export function assertInteger(value: number, minimum: number, maximum: number, name: string): void {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(`${name} ${value} is not an integer between ${minimum} and ${maximum}`);
  }
}

/** Packet identifiers are 1 to 65,535 [MQTT-2.2.1-3]. */
export function assertPacketId(packetId: number): void {
  assertInteger(packetId, 1, 65_535, "packet identifier");
}

/** Writes fields one after the other. */
export class Writer {
  readonly bytes: Buffer;
  position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  byte(value: number): void {
    this.bytes[this.position++] = value;
  }

  uint16(value: number): void {
    this.bytes[this.position++] = value >>> 8;
    this.bytes[this.position++] = value;
  }

  uint32(value: number): void {
    this.uint16(value >>> 16);
    this.uint16(value & 0xffff);
  }

  /** In the shortest form [MQTT-1.5.5-1]. */
  variableByteInteger(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  string(text: string): void {
    const end = writeString(this.bytes, text, this.position + 2);
    this.uint16(end - this.position - 2);
    this.position = end;
  }

  binary(data: Uint8Array): void {
    this.uint16(data.length);
    this.raw(data);
  }

  raw(data: Uint8Array): void {
    this.bytes.set(data, this.position);
    this.position += data.length;
  }
}
