/** The client side of WebSocket (RFC 6455), by hand: tests must be able to send any frame, and see every one. */

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as openSocket, type Socket } from "node:net";
import { Duplex } from "node:stream";

/** The broker's answer to the handshake. */
export interface Upgrade {
  readonly status: number;
  /** Header lines, names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly socket: Socket;
  /** Bytes that came behind the header. */
  readonly rest: Buffer;
}

/** Sends the handshake. `protocols`: the value of Sec-WebSocket-Protocol, absent when undefined. */
export async function upgrade(host: string, port: number, path: string, protocols?: string): Promise<Upgrade> {
  const socket = openSocket(port, host);
  socket.on("error", () => {});
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    "Sec-WebSocket-Version: 13",
    ...(protocols === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocols}`]),
  ];
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  let seen: Buffer = Buffer.alloc(0);
  while (!seen.includes("\r\n\r\n")) {
    const [chunk] = (await Promise.race([once(socket, "data"), once(socket, "close").then(() => [null])])) as [
      Buffer | null,
    ];
    if (chunk === null) return { status: 0, headers: new Map(), socket, rest: Buffer.alloc(0) };
    seen = Buffer.concat([seen, chunk]);
  }
  const end = seen.indexOf("\r\n\r\n");
  const [status = "", ...headers] = seen.subarray(0, end).toString().split("\r\n");
  return {
    status: Number(status.split(" ")[1] ?? 0),
    headers: new Map(
      headers.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    ),
    socket,
    rest: seen.subarray(end + 4),
  };
}

/** A masked frame. */
export function frame(opcode: number, payload: Uint8Array, last = true): Buffer {
  const mask = Buffer.of(0x12, 0x34, 0x56, 0x78);
  const length = payload.length;
  const head = length < 126 ? [length] : [126, length >> 8, length & 0xff];
  head[0] = (head[0] ?? 0) | 0x80;
  const masked = Buffer.from(payload).map((byte, index) => byte ^ (mask[index % 4] ?? 0));
  return Buffer.concat([Buffer.of((last ? 0x80 : 0) | opcode, ...head), mask, masked]);
}

/** A stream of MQTT bytes over binary frames; `frames` are the opcodes that the broker used. */
export class WebSocketStream extends Duplex {
  readonly frames: number[] = [];
  closeCode: number | undefined;
  readonly #socket: Socket;
  #pending: Buffer;

  constructor({ socket, rest }: Upgrade) {
    super();
    this.#socket = socket;
    this.#pending = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => this.#received(chunk));
    socket.on("close", () => this.push(null));
    socket.on("end", () => socket.end());
    if (rest.length > 0) this.#received(rest);
  }

  /** Sends bytes as they are, frames or not. */
  raw(chunk: Uint8Array): void {
    this.#socket.write(chunk);
  }

  #received(chunk: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const head = this.#pending;
      if (head.length < 2) return;
      const opcode = head.readUInt8(0) & 15;
      let length = head.readUInt8(1) & 127;
      let at = 2;
      if (length === 126) {
        if (head.length < 4) return;
        length = head.readUInt16BE(2);
        at = 4;
      } else if (length === 127) {
        if (head.length < 10) return;
        length = Number(head.readBigUInt64BE(2));
        at = 10;
      }
      if (head.length < at + length) return;
      const payload = head.subarray(at, at + length);
      this.#pending = head.subarray(at + length);
      this.frames.push(opcode);
      if (opcode <= 2) this.push(Buffer.from(payload));
      if (opcode === 8) this.closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005;
    }
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(frame(2, chunk), () => done());
  }

  override _final(done: () => void): void {
    this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
