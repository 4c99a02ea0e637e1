/** The standard's data types as bytes (MQTT 5.0 section 1.5), and whole packets out of any parts, right or wrong. */

/** A byte, bytes, or a list of bytes. */
export type Part = number | Uint8Array | readonly number[];

/** Joins parts; a number is one byte. */
export function bytes(...parts: readonly Part[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === "number" ? Buffer.of(part) : Buffer.from(part))));
}

/** Bytes written as hexadecimal digits; white space is free. */
export function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(/\s/g, ""), "hex");
}

/** Two Byte Integer. */
export function u16(value: number): Buffer {
  return Buffer.of((value >> 8) & 0xff, value & 0xff);
}

/** Four Byte Integer. */
export function u32(value: number): Buffer {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(value);
  return out;
}

/** Variable Byte Integer, in the fewest bytes. */
export function vbi(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  do {
    const more = rest > 127;
    out.push((rest % 128) | (more ? 0x80 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(out);
}

/** UTF-8 Encoded String or Binary Data: length and bytes, whatever the bytes are. */
export function str(value: string | Uint8Array): Buffer {
  const body = Buffer.from(value as string);
  return Buffer.concat([u16(body.length), body]);
}

/** A packet: first byte, Remaining Length, the rest. */
export function packet(first: number, ...parts: readonly Part[]): Buffer {
  const body = bytes(...parts);
  return Buffer.concat([Buffer.of(first), vbi(body.length), body]);
}
