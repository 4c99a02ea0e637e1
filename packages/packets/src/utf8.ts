/** UTF-8 strings on the wire: strict reading, and the length of what will be written (section 1.5.4). */
import { Buffer, isUtf8 } from "./buffer.ts";
import { ProtocolError } from "./errors.ts";
import { ReasonCode } from "./reason-code.ts";

/** Up to this many bytes a loop in JavaScript is faster than a call into native code. */
export const SHORT = 48;

/** The longest string or binary field: its length is a Two Byte Integer. */
export const MAXIMUM_FIELD_LENGTH = 65_535;

/**
 * Reads `bytes[start, end)` as text. U+FEFF stays, nothing is normalized [MQTT-1.5.4-3].
 * @throws ProtocolError 0x81 for ill-formed UTF-8 [MQTT-1.5.4-1] and U+0000 [MQTT-1.5.4-2]
 */
export function decodeString(bytes: Buffer, start: number, end: number): string {
  if (end - start <= SHORT) {
    let i = start;
    while (i < end && ((bytes[i] as number) - 1) >>> 0 < 0x7f) i++;
    if (i === end) return start === end ? "" : bytes.toString("latin1", start, end);
  }
  const view = bytes.subarray(start, end);
  if (!isUtf8(view)) throw new ProtocolError(ReasonCode.MalformedPacket, "string is not well-formed UTF-8");
  if (view.includes(0)) throw new ProtocolError(ReasonCode.MalformedPacket, "string contains U+0000");
  return view.toString("utf8");
}

/**
 * Bytes that `text` takes as UTF-8.
 * @throws RangeError for more than 65,535 bytes or U+0000
 */
export function stringLength(text: string): number {
  const length = text.length;
  if (length <= SHORT) {
    let i = 0;
    while (i < length && (text.charCodeAt(i) - 1) >>> 0 < 0x7f) i++;
    if (i === length) return length;
  }
  if (text.includes("\u0000")) throw new RangeError("a string cannot contain U+0000");
  const bytes = Buffer.byteLength(text, "utf8");
  if (bytes > MAXIMUM_FIELD_LENGTH) {
    throw new RangeError(`a string of ${bytes} bytes exceeds the maximum of ${MAXIMUM_FIELD_LENGTH}`);
  }
  return bytes;
}

/** Writes `text` without its length at `offset` and returns the offset behind it; the caller made room. */
export function writeString(target: Buffer, text: string, offset: number): number {
  if (text.length <= SHORT && writeAscii(target, text, offset)) return offset + text.length;
  return offset + target.write(text, offset, "utf8");
}

/** Writes `text` at `offset` if it is ASCII without U+0000; false: it is not, and some of it was written. */
export function writeAscii(target: Buffer, text: string, offset: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if ((code - 1) >>> 0 >= 0x7f) return false;
    target[offset + i] = code;
  }
  return true;
}
