/**
 * Commits in a Redis Cluster, where no script reaches the keys of several sessions: each is first logged as a whole, then
 * applied session by session. What a crash left in the log is applied again, in order; every command can be repeated.
 */

import type { Cluster } from "ioredis";
import type { Keys } from "../keys.ts";
import { CommandWriter } from "./command-writer.ts";
import type { CommitReply } from "./commit-queue.ts";
import { APPLY, LOG_COMMIT, Outcome } from "./scripts.ts";

export class ClusterCommits {
  readonly #client: Cluster;
  readonly #keys: Keys;

  constructor(client: Cluster, keys: Keys) {
    this.#client = client;
    this.#keys = keys;
  }

  /** Resolves when the commit is logged and applied. One at a time, so that the order stays whatever is redirected where. */
  async send(token: number, number: number, commands: Buffer): Promise<CommitReply> {
    const { broker, log } = this.#keys;
    const args = [String(token), String(number), commands];
    const reply = (await this.#client.eval(LOG_COMMIT, 2, broker, log, ...args)) as unknown as CommitReply;
    if (reply[0] !== Outcome.Done) return reply;
    await this.#apply(commands);
    await this.#client.del(log);
    return reply;
  }

  /** Applies what is logged and was perhaps not applied. Called before anything is read or sent. */
  async recover(): Promise<void> {
    const { log } = this.#keys;
    for (const commands of await this.#client.lrangeBuffer(log, 0, -1)) await this.#apply(commands);
    await this.#client.del(log);
  }

  async #apply(commands: Buffer): Promise<void> {
    const groups = splitByTag(commands);
    const applied = [...groups].map(([key, part]) => this.#client.eval(APPLY, 1, key, part));
    await Promise.all(applied);
  }
}

/** The commands of each hash tag, by the first key that has it. */
function splitByTag(commands: Buffer): Map<string, Buffer> {
  const writers = new Map<string, { readonly key: string; readonly writer: CommandWriter }>();
  for (let position = 0; position < commands.length; ) {
    const start = position;
    const count = commands.readUInt32LE(position);
    position += 4;
    let key = "";
    for (let index = 0; index < count; index++) {
      const length = commands.readUInt32LE(position);
      if (index === 1) key = commands.toString("utf8", position + 4, position + 4 + length);
      position += 4 + length;
    }
    const tag = tagOf(key);
    const group = writers.get(tag) ?? { key, writer: new CommandWriter() };
    writers.set(tag, group);
    group.writer.raw(commands.subarray(start, position));
  }
  return new Map([...writers.values()].map(({ key, writer }) => [key, writer.finish()]));
}

function tagOf(key: string): string {
  const start = key.indexOf("{");
  const end = key.indexOf("}", start + 1);
  return start >= 0 && end > start + 1 ? key.slice(start + 1, end) : key;
}
