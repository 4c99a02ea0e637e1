/** A client's side of a WebSocket; each write is one binary frame. */

import type { Transport, TransportHandler, TransportInfo } from "@gmqtt/broker";
import type { WebSocket } from "ws";

const NORMAL_CLOSURE = 1_000;

/** Wraps an open WebSocket. */
export class WebSocketClientTransport implements Transport {
  readonly info: TransportInfo;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, info: TransportInfo) {
    this.#socket = socket;
    this.info = info;
    socket.binaryType = "nodebuffer";
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  start(handler: TransportHandler): void {
    let error: Error | undefined;
    this.#socket.on("message", (data) => handler.onData(data as Buffer));
    this.#socket.on("error", (cause) => {
      error = cause;
    });
    this.#socket.on("close", () => {
      handler.onEnd();
      handler.onClose(error);
    });
  }

  write(segments: readonly Uint8Array[]): boolean {
    this.#socket.send(Buffer.concat(segments));
    return this.#socket.bufferedAmount === 0;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.close(NORMAL_CLOSURE);
  }

  destroy(): void {
    this.#socket.terminate();
  }
}
