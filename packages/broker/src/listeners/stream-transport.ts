/** The transport over any Node stream: TCP, TLS and Unix sockets, and streams that the embedding program hands in. */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type DirectHandle, directHandle, type WriteTarget, writeDirectly } from "./direct-write.ts";
import { probePeer } from "./probe.ts";
import { endReading, type ReadTarget, readInto } from "./shared-read.ts";
import type { Transport, TransportHandler, TransportInfo } from "./transport.ts";

const transportOf = Symbol("transport");

/** The stream knows its transport, so that the four listeners are shared functions and no connection pays for closures. */
type OwnedStream = Duplex & { [transportOf]: StreamTransport };

function onStreamData(this: OwnedStream, chunk: Buffer): void {
  this[transportOf].received(chunk, 0, chunk.length);
}

function onStreamEnd(this: OwnedStream): void {
  this[transportOf].ended();
}

function onStreamError(this: OwnedStream, error: Error): void {
  this[transportOf].failed(error);
}

function onStreamClose(this: OwnedStream): void {
  this[transportOf].closed();
}

/**
 * A byte stream over a `Duplex`. The stream must be in byte mode, not read by anybody else, and must emit `close`.
 * Errors of the stream never go unhandled: the first one is what `onClose` is told.
 */
export class StreamTransport implements Transport, ReadTarget, WriteTarget {
  /** @internal Kept by `readInto`. */
  bytesRead = 0;
  #handler: TransportHandler | undefined;
  /** What the last write went to, past the stream, which has nothing to write then, and need not be asked; null: ask it. */
  #handle: DirectHandle | null = null;
  /** Bytes that were written past the stream and that the kernel has not taken yet. */
  #left = 0;
  #owesDrain = false;
  readonly info: TransportInfo;
  readonly #stream: Duplex;
  readonly #onWritten: () => void;
  readonly #unread: boolean;
  #error: Error | undefined;
  /** The peer has sent his last byte, and the stream does not know. */
  #peerEnded = false;
  #closed = false;

  /** `unread`: a socket that was just accepted, and that nobody has read from. */
  constructor(stream: Duplex, info: TransportInfo, unread = false) {
    this.info = info;
    this.#unread = unread;
    this.#stream = stream;
    // Node's own 'drain' keeps silent below the high-water mark, so every write carries this one function instead.
    this.#onWritten = () => this.#written();
    (stream as OwnedStream)[transportOf] = this;
    stream.on("error", onStreamError);
    stream.on("close", onStreamClose);
    // Destroyed while it was being handed over: its 'close' may be behind us.
    if (stream.closed) this.#closed = true;
  }

  get bufferedBytes(): number {
    return this.#handle === null ? this.#stream.writableLength + this.#left : this.#left;
  }

  start(handler: TransportHandler): void {
    this.#handler = handler;
    if (this.#closed) {
      queueMicrotask(() => handler.onClose(this.#error));
      return;
    }
    const stream = this.#stream;
    stream.on("end", onStreamEnd);
    if (this.#unread && readInto(stream as Socket, this)) stream.resume();
    else stream.on("data", onStreamData);
    // The peer left, without a byte, while it was decided whether to let him in: Node has told nobody.
    if (stream.readableEnded) queueMicrotask(() => handler.onEnd());
  }

  write(segments: readonly Uint8Array[]): boolean {
    const handle = this.#handle ?? this.#findHandle();
    if (handle !== null && this.#left === 0 && segments.length > 0) {
      const left = writeDirectly(handle, segments, this);
      if (left >= 0) {
        this.#handle = handle;
        this.#left = left;
        this.#owesDrain = left > 0;
        return left === 0;
      }
    }
    return this.#writeToStream(segments);
  }

  /** null: it is for the stream to write. */
  #findHandle(): DirectHandle | null {
    const stream = this.#stream;
    return this.#unread && stream.writable && stream.writableLength === 0 ? directHandle(stream) : null;
  }

  #writeToStream(segments: readonly Uint8Array[]): boolean {
    const stream = this.#stream;
    this.#handle = null;
    // After end() or destroy() Node would turn a write into an error; there is nobody left to tell.
    if (!stream.writable) return true;
    const last = segments.length - 1;
    if (last === 0) {
      stream.write(segments[0], this.#onWritten);
    } else if (last > 0) {
      stream.cork();
      for (let i = 0; i < last; i++) stream.write(segments[i]);
      stream.write(segments[last], this.#onWritten);
      stream.uncork();
    }
    if (this.bufferedBytes === 0) return true;
    this.#owesDrain = true;
    return false;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    const stream = this.#stream;
    this.#handle = null;
    if (!stream.writable) return;
    // Both are done, so this is the end; to finish our direction first would cost a system call and two turns more.
    if (this.#peerEnded && this.bufferedBytes === 0) {
      stream.destroy();
      return;
    }
    if (this.#peerEnded) endReading(stream);
    stream.end();
  }

  destroy(): void {
    this.#handle = null;
    this.#stream.destroy();
  }

  probe(): void {
    probePeer(this.#stream);
  }

  /** @internal Told by `readInto`. */
  fill(chunk: Buffer, end: number): number {
    return this.#handler?.fill?.(chunk, end) ?? 0;
  }

  /** @internal Called by the stream's listeners only, as are the three below. */
  received(chunk: Buffer, start: number, end: number): void {
    this.#handler?.onData(chunk, start, end);
  }

  /** @internal Told by `readInto`. */
  finished(): void {
    if (this.#peerEnded) return;
    this.#peerEnded = true;
    // Our direction is done, or about to be: the stream closes when it knows of the other.
    if (!this.#stream.writable) endReading(this.#stream);
    this.#handler?.onEnd();
  }

  /** @internal Told by `readInto`. */
  readOn(): void {
    const stream = this.#stream;
    if (!stream.destroyed && !stream.isPaused()) stream.resume();
  }

  /** @internal Told by `writeDirectly`. */
  taken(): void {
    this.#left = 0;
    this.#written();
  }

  /** @internal Told by `writeDirectly`. */
  lost(error: Error): void {
    this.#handle = null;
    if (!this.#stream.destroyed) this.#stream.destroy(error);
  }

  /** @internal */
  ended(): void {
    if (!this.#peerEnded) this.#handler?.onEnd();
  }

  /** @internal */
  failed(error: Error): void {
    this.#handle = null;
    this.#error ??= error;
  }

  /** @internal */
  closed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#handle = null;
    // The young generation's collector takes dead sockets for alive that an old one points to, copies them, and makes them
    // old too, so that there is no end to it. Let them at least be copied without connection, client and session.
    const handler = this.#handler;
    this.#handler = undefined;
    handler?.onClose(this.#error);
  }

  #written(): void {
    if (!this.#owesDrain || this.bufferedBytes !== 0 || this.#stream.destroyed) return;
    this.#owesDrain = false;
    this.#handler?.onDrain();
  }
}
