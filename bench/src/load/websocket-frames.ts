/** WebSocket frames as a client writes and reads them (RFC 6455, section 5): binary, masked on the way out. */

const BINARY_FRAME = 0x82;
const CLOSE_OPCODE = 8;
const MASK = [0x37, 0xfa, 0x21, 0x3d] as const;

/** `bytes` in one masked binary frame. */
export function maskedFrame(bytes: Uint8Array): Buffer {
  const { length } = bytes;
  const lengthBytes = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const payloadAt = 6 + lengthBytes;
  const frame = Buffer.allocUnsafe(payloadAt + length);
  frame[0] = BINARY_FRAME;
  frame[1] = 0x80 | (lengthBytes === 0 ? length : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
  if (lengthBytes === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  for (let index = 0; index < 4; index++) frame[payloadAt - 4 + index] = MASK[index]!;
  for (let index = 0; index < length; index++) frame[payloadAt + index] = bytes[index]! ^ MASK[index & 3]!;
  return frame;
}

/** Takes frames off what a server sends, wherever the chunks were cut. */
export class FrameReader {
  readonly #onPayload: (bytes: Uint8Array, start: number, end: number) => void;
  readonly #head = Buffer.alloc(10);
  #headLength = 0;
  /** Payload bytes of the current frame that have not come. */
  #left = 0;
  /** A control frame's payload is no MQTT. */
  #data = true;

  constructor(onPayload: (bytes: Uint8Array, start: number, end: number) => void) {
    this.#onPayload = onPayload;
  }

  /** Takes the bytes from `start` to `end`; false when the server closes. */
  feed(bytes: Uint8Array, start: number, end: number): boolean {
    let from = start;
    while (from < end) {
      if (this.#left === 0) {
        this.#head[this.#headLength++] = bytes[from++]!;
        if (this.#headLength < headLength(this.#head, this.#headLength)) continue;
        if ((this.#head[0]! & 15) === CLOSE_OPCODE) return false;
        this.#data = (this.#head[0]! & 8) === 0;
        this.#left = payloadLength(this.#head);
        this.#headLength = 0;
        continue;
      }
      const taken = Math.min(this.#left, end - from);
      if (this.#data) this.#onPayload(bytes, from, from + taken);
      this.#left -= taken;
      from += taken;
    }
    return true;
  }
}

/** Bytes of the head that begins in `head`, as far as is known from `known` bytes. */
function headLength(head: Uint8Array, known: number): number {
  if (known < 2) return 2;
  const short = head[1]! & 127;
  return short === 126 ? 4 : short === 127 ? 10 : 2;
}

function payloadLength(head: Buffer): number {
  const short = head[1]! & 127;
  return short === 126 ? head.readUInt16BE(2) : short === 127 ? Number(head.readBigUInt64BE(2)) : short;
}
