/** A client's side of a real socket: TCP, TLS or Unix. */

import type { Socket } from "node:net";
import type { Transport, TransportHandler, TransportInfo } from "@gmqtt/broker";

/** Wraps a connected socket; it has to be made with `allowHalfOpen`. */
export class SocketTransport implements Transport {
  readonly info: TransportInfo;
  readonly #socket: Socket;
  #error: Error | undefined;

  constructor(socket: Socket, info: TransportInfo) {
    this.#socket = socket;
    this.info = info;
    // A reset is one of the ways a broker may end a connection; the client is told by onClose.
    socket.on("error", (error) => {
      this.#error = error;
    });
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  start(handler: TransportHandler): void {
    this.#socket.on("data", (chunk: Buffer) => handler.onData(chunk));
    this.#socket.on("drain", () => handler.onDrain());
    this.#socket.on("end", () => handler.onEnd());
    this.#socket.on("close", () => handler.onClose(this.#error));
  }

  write(segments: readonly Uint8Array[]): boolean {
    return this.#socket.write(Buffer.concat(segments));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
