/** Memory that small outgoing packets are written into, shared by all connections of a broker. */

import { Buffer } from "node:buffer";
/** Bytes of one chunk: many small packets, one system call. */
export const CHUNK_SIZE: number = 16 * 1024;

const KEPT = 256;

/** Lends chunks and takes them back; an idle connection holds none. */
export class ChunkPool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(CHUNK_SIZE);
  }

  /** Only for chunks that nobody reads any more. */
  give(chunk: Buffer): void {
    if (this.#free.length < KEPT) this.#free.push(chunk);
  }
}
