/** The command that a commit is sent with: encoded where its commands lie, which ioredis would copy once more. */

import { Command } from "ioredis";
import type { CommitBytes } from "./commit-bytes.ts";
import { COMMIT } from "./scripts.ts";

/** Token, number and length of the commands, each with up to sixteen digits, and their line ends. */
const LONGEST_REST = 80;

export class CommitEncoder {
  readonly #key: string;
  /** What all commits begin with. */
  readonly #fixed: Buffer;

  /** `key`: the broker's. */
  constructor(key: string) {
    this.#key = key;
    this.#fixed = Buffer.from(`*7\r\n${bulk("eval")}${bulk(COMMIT)}${bulk("1")}${bulk(key)}`);
  }

  /** Room that a request needs in front of its commands. */
  get headroom(): number {
    return this.#fixed.length + LONGEST_REST;
  }

  /** `bytes` are written to: the first command made of them stays what it is only as long as there is no other. */
  encode(token: number, number: number, bytes: CommitBytes): Command {
    const rest = `${bulk(String(token))}${bulk(String(number))}$${bytes.length}\r\n`;
    return new CommitCommand(bytes.request(this.#fixed, rest), this.#args(token, number, bytes));
  }

  /** The same, of which ioredis makes a copy: for commits that a connection may still hold. */
  copy(token: number, number: number, bytes: CommitBytes): Command {
    return new Command("eval", this.#args(token, number, bytes), { replyEncoding: "utf8" });
  }

  #args(token: number, number: number, bytes: CommitBytes): (string | Buffer)[] {
    return [COMMIT, "1", this.#key, String(token), String(number), bytes.commands];
  }
}

/** Says the same by its arguments as by its bytes, whichever ioredis looks at. */
class CommitCommand extends Command {
  readonly #request: Buffer;

  constructor(request: Buffer, args: (string | Buffer)[]) {
    super("eval", args, { replyEncoding: "utf8" });
    this.#request = request;
  }

  override toWritable(): Buffer {
    return this.#request;
  }
}

function bulk(text: string): string {
  return `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}
