/** Two transports joined without a socket, for tests and for clients that live in the broker's process. */

import type { Transport, TransportHandler, TransportInfo } from "./transport.ts";

/** What a memory pair can be told. */
export interface MemoryPairOptions {
  /**
   * Bytes that a side takes in for a reader who has paused, before `write` on the other side answers false: what the
   * socket buffers of the kernel are to TCP. Default: 65,536.
   */
  readonly capacity?: number | undefined;
}

const nobody: TransportInfo = {
  kind: "memory",
  listener: "memory",
  remoteAddress: "",
  remotePort: 0,
  localAddress: "",
  localPort: 0,
};

/**
 * A joined pair: what one side writes the other one is given, in order, in a microtask behind the write; no timer, no
 * I/O, so the order of events is the same in every run. What is written is copied. Both sides carry `info`.
 */
export function createMemoryPair(
  info: Partial<TransportInfo> = {},
  options: MemoryPairOptions = {},
): [serverSide: Transport, clientSide: Transport] {
  const described: TransportInfo = { ...nobody, ...info };
  const capacity = options.capacity ?? 65_536;
  const serverSide = new MemoryTransport(described, capacity);
  const clientSide = new MemoryTransport(described, capacity);
  serverSide.join(clientSide);
  clientSide.join(serverSide);
  return [serverSide, clientSide];
}

class MemoryTransport implements Transport {
  readonly info: TransportInfo;
  readonly #capacity: number;
  #peer: MemoryTransport | undefined;
  #handler: TransportHandler | undefined;
  /** Written by the peer, not yet handed to the handler. */
  readonly #inbox: Buffer[] = [];
  #inboxBytes = 0;
  #paused = false;
  #scheduled = false;
  #owesDrain = false;
  #sentEnd = false;
  #peerEnded = false;
  #toldEnd = false;
  #destroyed = false;
  #toldClose = false;

  constructor(info: TransportInfo, capacity: number) {
    this.info = info;
    this.#capacity = capacity;
  }

  join(peer: MemoryTransport): void {
    this.#peer = peer;
  }

  get bufferedBytes(): number {
    return this.#peer === undefined ? 0 : Math.max(0, this.#peer.#inboxBytes - this.#capacity);
  }

  start(handler: TransportHandler): void {
    this.#handler = handler;
    this.#schedule();
  }

  write(segments: readonly Uint8Array[]): boolean {
    const peer = this.#peer;
    if (this.#sentEnd || this.#destroyed || peer === undefined || peer.#destroyed) return true;
    const chunk = Buffer.concat(segments);
    if (chunk.length > 0) {
      peer.#inbox.push(chunk);
      peer.#inboxBytes += chunk.length;
      peer.#schedule();
    }
    if (this.bufferedBytes === 0) return true;
    this.#owesDrain = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  end(): void {
    if (this.#sentEnd || this.#destroyed) return;
    this.#sentEnd = true;
    this.#peerHearsEnd();
    this.#schedule();
  }

  destroy(): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#inbox.length = 0;
    this.#inboxBytes = 0;
    this.#peerHearsEnd();
    // What the peer would still send has nowhere to go: his outgoing direction is done too.
    if (this.#peer !== undefined) this.#peer.#sentEnd = true;
    this.#schedule();
  }

  #peerHearsEnd(): void {
    if (this.#peer === undefined) return;
    this.#peer.#peerEnded = true;
    this.#peer.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#handler === undefined) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    const handler = this.#handler;
    if (handler === undefined || this.#toldClose) return;
    while (!this.#paused && !this.#destroyed) {
      const chunk = this.#inbox.shift();
      if (chunk === undefined) break;
      this.#inboxBytes -= chunk.length;
      if (this.#peer !== undefined) this.#peer.#drained();
      handler.onData(chunk);
    }
    if (this.#peerEnded && !this.#toldEnd && !this.#destroyed && this.#inbox.length === 0 && !this.#paused) {
      this.#toldEnd = true;
      handler.onEnd();
    }
    if (this.#destroyed || (this.#toldEnd && this.#sentEnd)) {
      this.#destroyed = true;
      this.#toldClose = true;
      handler.onClose(undefined);
    }
  }

  #drained(): void {
    if (!this.#owesDrain || this.bufferedBytes > 0 || this.#destroyed) return;
    this.#owesDrain = false;
    this.#handler?.onDrain();
  }
}
