/** The transport over a WebSocket: what its binary messages hold is one byte stream, wherever they begin and end. */

import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { probePeer } from "./probe.ts";
import { LARGEST_CONNECT, type Transport, type TransportHandler, type TransportInfo } from "./transport.ts";

/** Writes up to this many bytes are copied into one frame; in larger ones each segment is a fragment and lies where it lies. */
const largestCopy = 4096;

/** Close codes (RFC 6455, 7.4.1). */
const normalClosure = 1000;
const unsupportedData = 1003;
const abnormalClosure = 1006;
const messageTooBig = 1009;

/** Headers of frames that a CONNECT may be split into, besides the CONNECT; bytes. */
const framing = 64 * 1024;

const whole = { binary: true, compress: false, fin: true } as const;
const begun = { binary: true, compress: false, fin: false } as const;

/** A byte stream over a `WebSocket` of ws that was upgraded on `socket`; made paused, it reads from `start` on. */
export class WebSocketTransport implements Transport {
  readonly info: TransportInfo;
  readonly #socket: Duplex;
  readonly #webSocket: WebSocket;
  readonly #onSent: () => void;
  readonly #onRaw: (chunk: Buffer) => void;
  /** Bytes that ws holds of a message which is not complete; looked at until the client is known. */
  #incomplete = 0;
  #handler: TransportHandler | undefined;
  /** Messages that ws had parsed already when we paused: at most what one read from the socket held. */
  readonly #held: Buffer[] = [];
  #error: Error | undefined;
  #closeCode: number | undefined;
  #paused = false;
  #owesDrain = false;
  #deaf = false;

  constructor(webSocket: WebSocket, socket: Duplex, info: TransportInfo) {
    this.info = info;
    this.#socket = socket;
    this.#webSocket = webSocket;
    this.#onSent = () => this.#sent();
    // Fragments come as they lie in memory; ws would join them by copying.
    webSocket.binaryType = "fragments";
    webSocket.pause();
    webSocket.on("message", (data, isBinary) => this.#received(data as Buffer[] | Buffer, isBinary));
    webSocket.on("error", (error) => this.#failed(error));
    webSocket.on("close", (code) => this.#closed(code));
    this.#onRaw = (chunk) => this.#watch(chunk.length);
    socket.on("data", this.#onRaw);
    // ws keeps a broken socket's error to itself.
    socket.on("error", (error) => this.#failed(error));
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  start(handler: TransportHandler): void {
    this.#handler = handler;
    if (this.#closeCode !== undefined) {
      queueMicrotask(() => handler.onClose(this.#error));
      return;
    }
    if (!this.#paused) this.#webSocket.resume();
  }

  write(segments: readonly Uint8Array[]): boolean {
    if (!this.#isOpen) return true;
    let bytes = 0;
    for (const segment of segments) bytes += segment.length;
    const last = segments.length - 1;
    if (last === 0) {
      this.#webSocket.send(segments[0]!, whole, this.#onSent);
    } else if (bytes <= largestCopy) {
      if (bytes > 0) this.#webSocket.send(Buffer.concat(segments, bytes), whole, this.#onSent);
    } else {
      this.#socket.cork();
      for (let i = 0; i < last; i++) this.#webSocket.send(segments[i]!, begun);
      this.#webSocket.send(segments[last]!, whole, this.#onSent);
      this.#socket.uncork();
    }
    if (this.#socket.writableLength === 0) return true;
    this.#owesDrain = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
    this.#webSocket.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#handler === undefined) return;
    if (this.#held.length === 0) this.#webSocket.resume();
    else queueMicrotask(() => this.#release());
  }

  liftConnectLimit(): void {
    this.#socket.off("data", this.#onRaw);
  }

  end(): void {
    if (this.#isOpen) this.#webSocket.close(normalClosure);
  }

  destroy(): void {
    this.#deaf = true;
    this.#webSocket.terminate();
  }

  probe(): void {
    probePeer(this.#socket);
  }

  get #isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  /** ws keeps the whole of a message, however large it was announced; a client that nobody knows gets no such credit. */
  #watch(bytes: number): void {
    this.#incomplete += bytes;
    if (this.#incomplete <= LARGEST_CONNECT + framing || this.#deaf) return;
    this.#deaf = true;
    this.#error = new Error(`a message of more than ${LARGEST_CONNECT} bytes before CONNECT`);
    this.#webSocket.close(messageTooBig, "too large for a CONNECT");
    this.#webSocket.terminate();
  }

  #received(data: Buffer[] | Buffer, isBinary: boolean): void {
    this.#incomplete = 0;
    if (this.#deaf) return;
    if (!isBinary || !Array.isArray(data)) {
      // [MQTT-6.0.0-1]
      this.#deaf = true;
      this.#error = new Error("a text frame came where MQTT allows only binary ones");
      this.#webSocket.close(unsupportedData, "binary frames only");
      return;
    }
    // A message may hold part of a packet or several [MQTT-6.0.0-2]; the decoder behind us doesn't care.
    for (const chunk of data) {
      if (this.#paused || this.#held.length > 0) this.#held.push(chunk);
      else if (!this.#deaf && chunk.length > 0) this.#handler?.onData(chunk);
    }
  }

  #release(): void {
    while (!this.#paused && !this.#deaf) {
      const chunk = this.#held.shift();
      if (chunk === undefined) break;
      if (chunk.length > 0) this.#handler?.onData(chunk);
    }
    if (!this.#paused) this.#webSocket.resume();
  }

  #sent(): void {
    if (!this.#owesDrain || this.#socket.writableLength !== 0 || this.#socket.destroyed) return;
    this.#owesDrain = false;
    this.#handler?.onDrain();
  }

  #failed(error: Error): void {
    this.#error ??= error;
  }

  #closed(code: number): void {
    this.#closeCode = code;
    this.#deaf = true;
    if (code !== abnormalClosure && this.#error === undefined) this.#handler?.onEnd();
    this.#handler?.onClose(this.#error);
  }
}
