/** The broker's side of a client's connection, which a killed broker loses without being told. */

import type { Transport, TransportHandler, TransportInfo } from "@gmqtt/broker";

/** Passes everything on, and tells of it, until it is cut: then the peer sees the end and the broker sees nothing. */
export class CutTransport implements Transport {
  readonly #inner: Transport;
  readonly #moved: () => void;
  #cut = false;

  constructor(inner: Transport, moved: () => void) {
    this.#inner = inner;
    this.#moved = moved;
  }

  get info(): TransportInfo {
    return this.#inner.info;
  }

  get bufferedBytes(): number {
    return this.#inner.bufferedBytes;
  }

  start(handler: TransportHandler): void {
    this.#inner.start({
      onData: (chunk, start, end) => this.#pass(() => handler.onData(chunk, start, end)),
      onDrain: () => this.#pass(() => handler.onDrain()),
      onEnd: () => this.#pass(() => handler.onEnd()),
      onClose: (error) => this.#pass(() => handler.onClose(error)),
    });
  }

  write(segments: readonly Uint8Array[]): boolean {
    if (this.#cut) return true;
    this.#moved();
    return this.#inner.write(segments);
  }

  pause(): void {
    if (!this.#cut) this.#inner.pause();
  }

  resume(): void {
    if (this.#cut) return;
    this.#moved();
    this.#inner.resume();
  }

  end(): void {
    if (this.#cut) return;
    this.#moved();
    this.#inner.end();
  }

  destroy(): void {
    if (this.#cut) return;
    this.#moved();
    this.#inner.destroy();
  }

  /** The process behind this side is gone: the kernel closes the connection. */
  cut(): void {
    this.destroy();
    this.#cut = true;
  }

  #pass(event: () => void): void {
    this.#moved();
    if (!this.#cut) event();
  }
}
