/** Packets by hand, for what no encoder would write. */

/** A packet of its first byte and its body; the remaining length is counted. */
export function frame(firstByte: number, ...parts: readonly (Uint8Array | string | number)[]): Buffer {
  const body = Buffer.concat(parts.map(toBuffer));
  return Buffer.concat([Buffer.of(firstByte), variableByteInteger(body.length), body]);
}

/** A UTF-8 Encoded String, or Binary Data. */
export function string(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text as string);
  return Buffer.concat([uint16(bytes.length), bytes]);
}

export function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}

export function variableByteInteger(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    const more = rest > 127;
    bytes.push((rest % 128) | (more ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.from(bytes);
}

/** What a CONNECT by hand consists of; the rest is right. */
export interface ConnectBytes {
  /** Default: `MQTT`. */
  readonly name?: string;
  readonly level: number;
  readonly flags: number;
  /** Default: a client identifier alone. */
  readonly payload?: readonly Uint8Array[];
  /** Properties of 5.0 with their length; default: none. */
  readonly properties?: Uint8Array;
}

/** A CONNECT with keep alive 0. */
export function connectBytes({ name = "MQTT", level, flags, payload, properties }: ConnectBytes): Buffer {
  const of = properties ?? (level === 5 ? Buffer.of(0) : Buffer.alloc(0));
  return frame(0x10, string(name), level, flags, uint16(0), of, ...(payload ?? [string("by-hand")]));
}

function toBuffer(part: Uint8Array | string | number): Buffer {
  if (typeof part === "number") return Buffer.of(part);
  return typeof part === "string" ? Buffer.from(part.replaceAll(" ", ""), "hex") : Buffer.from(part);
}
