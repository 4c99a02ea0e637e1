/** Writes Redis commands one behind the other into the blob that the commit script takes apart. */

import { ByteWriter } from "../encoding/byte-writer.ts";

/** Lua hands over a few thousand arguments at a time; longer lists become several commands. Even, and divisible by two. */
const MOST_ARGUMENTS = 1000;

/** One command whose arguments come one by one; nothing is written when there are none. */
export interface ArgumentList {
  text(value: string): ArgumentList;
  /** Begins an argument that is written to what this answers, up to `close`: no function per message. */
  open(): ByteWriter;
  close(): void;
  end(): void;
}

export class CommandWriter {
  readonly #bytes: ByteWriter = new ByteWriter();

  /** A command with few arguments. */
  command(...args: readonly string[]): void {
    this.#bytes.u32(args.length);
    for (const arg of args) this.#bytes.text32(arg);
  }

  /** A command whose arguments behind `head` are a list that may be cut after an even number. Finish one before the next. */
  list(...head: readonly string[]): ArgumentList {
    return new List(this.#bytes, head);
  }

  /** Commands that were written before. */
  raw(commands: Uint8Array): void {
    this.#bytes.bytes(commands);
  }

  /** The commands; they stay what they are until the writer is used again. */
  finish(): Buffer {
    return this.#bytes.finish();
  }

  /** Forgets the commands and begins anew, in the same memory. */
  reset(): void {
    this.#bytes.reset();
  }
}

class List implements ArgumentList {
  readonly #bytes: ByteWriter;
  readonly #head: readonly string[];
  #count = 0;
  #start = 0;
  #argument = 0;

  constructor(bytes: ByteWriter, head: readonly string[]) {
    this.#bytes = bytes;
    this.#head = head;
  }

  text(value: string): ArgumentList {
    this.#begin();
    this.#bytes.text32(value);
    return this;
  }

  open(): ByteWriter {
    this.#begin();
    this.#argument = this.#bytes.open32();
    return this.#bytes;
  }

  close(): void {
    this.#bytes.close32(this.#argument);
  }

  end(): void {
    if (this.#count === 0) return;
    this.#bytes.patch32(this.#start, this.#head.length + this.#count);
    this.#count = 0;
  }

  #begin(): void {
    if (this.#count === MOST_ARGUMENTS) this.end();
    if (this.#count++ > 0) return;
    this.#start = this.#bytes.open32();
    for (const argument of this.#head) this.#bytes.text32(argument);
  }
}
