/** Helpers of the tests: bytes written down readably, and packets in a form that can be compared. */
import { Decoder, type DecoderOptions } from "../decoder.ts";
import { ProtocolError } from "../errors.ts";
import type { Packet } from "../packets/packet.ts";
import { ReceivedPublish } from "../packets/publish.ts";

/**
 * Bytes from hex digits with blanks anywhere. Text in single quotes stands for its UTF-8, `~` for the remaining length of
 * all that follows, `[` and `]` enclose a property list and stand for its length.
 */
export function bytes(notation: string): Buffer {
  const [head, body] = notation.split("~");
  if (body !== undefined) return Buffer.concat([bytes(head as string), withLength(bytes(body))]);
  const open = notation.indexOf("[");
  if (open === -1) return literal(notation);
  const close = notation.indexOf("]", open);
  return Buffer.concat([
    literal(notation.slice(0, open)),
    withLength(literal(notation.slice(open + 1, close))),
    bytes(notation.slice(close + 1)),
  ]);
}

function literal(notation: string): Buffer {
  const parts = notation.split("'");
  return Buffer.concat(
    parts.map((part, index) => (index % 2 === 1 ? Buffer.from(part) : Buffer.from(part.replaceAll(/\s/g, ""), "hex"))),
  );
}

/** The bytes with their number as a variable byte integer in front. */
export function withLength(body: Buffer): Buffer {
  const length: number[] = [];
  let rest = body.length;
  while (rest > 0x7f) {
    length.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.concat([Buffer.from([...length, rest]), body]);
}

/** A body with the fixed header that it needs. */
export function frame(first: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([first]), withLength(body)]);
}

/** A field with its length in front: a string or binary data. */
export function field(content: string | Buffer): Buffer {
  const data = Buffer.from(content);
  return Buffer.concat([Buffer.from([data.length >> 8, data.length & 0xff]), data]);
}

/** Everything a decoder makes of the bytes. */
export function decodeAll(data: Uint8Array, options: DecoderOptions): Packet[] {
  const decoder = new Decoder(options);
  decoder.push(data);
  return drain(decoder);
}

/** All packets that a decoder has complete. */
export function drain(decoder: Decoder): Packet[] {
  const packets: Packet[] = [];
  for (let packet = decoder.next(); packet !== null; packet = decoder.next()) packets.push(packet);
  return packets;
}

/** The reason code and message the bytes are refused with; fails when they are not, or by another error. */
export function refusal(data: Uint8Array, options: DecoderOptions): ProtocolError {
  try {
    decodeAll(data, options);
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error(`not refused: ${Buffer.from(data).toString("hex")}`);
}

/** A packet without absent fields, binary data as hex: what toEqual can tell apart strictly. */
export function plain(packet: Packet | null): unknown {
  if (packet instanceof ReceivedPublish) {
    const { type, dup, qos, retain, topic, packetId, payload, properties } = packet;
    return plainValue({ type, dup, qos, retain, topic, packetId, payload, properties });
  }
  return plainValue(packet);
}

function plainValue(value: unknown): unknown {
  if (value instanceof Uint8Array) return `0x${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, content]) => content !== undefined);
  return Object.fromEntries(entries.map(([name, content]) => [name, plainValue(content)]));
}
