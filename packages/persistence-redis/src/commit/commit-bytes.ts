/** The bytes of one commit: commands one behind the other, and around them room for what makes them a request. */

import type { BufferPool } from "./buffer-pool.ts";

const LINE_END = "\r\n";

export class CommitBytes {
  readonly #pool: BufferPool;
  readonly #start: number;
  #buffer: Buffer;
  #end: number;

  /** `headroom`: bytes that the longest head of a request has. */
  constructor(pool: BufferPool, headroom: number, length: number) {
    this.#pool = pool;
    this.#start = headroom;
    this.#end = headroom;
    this.#buffer = pool.take(headroom + length + LINE_END.length);
  }

  /** Bytes of all commands. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The commands as they lie here. */
  get commands(): Buffer {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Copies more commands behind those that are there. Not any more once they have been sent. */
  append(commands: Uint8Array): void {
    const needed = this.#end + commands.length + LINE_END.length;
    if (needed > this.#buffer.length) {
      const larger = this.#pool.take(needed);
      larger.set(this.#buffer.subarray(this.#start, this.#end), this.#start);
      this.#pool.give(this.#buffer);
      this.#buffer = larger;
    }
    this.#buffer.set(commands, this.#end);
    this.#end += commands.length;
  }

  /** The request whose last argument the commands are, without a copy of them: `fixed`, `rest`, commands, end of line. */
  request(fixed: Uint8Array, rest: string): Buffer {
    const start = this.#start - fixed.length - rest.length;
    this.#buffer.set(fixed, start);
    this.#buffer.write(rest, start + fixed.length, "latin1");
    return this.#buffer.subarray(start, this.#end + this.#buffer.write(LINE_END, this.#end, "latin1"));
  }

  /** Gives the memory to the next commit. Only when nobody reads it any more; not used from then on. */
  free(): void {
    this.#pool.give(this.#buffer);
  }
}
