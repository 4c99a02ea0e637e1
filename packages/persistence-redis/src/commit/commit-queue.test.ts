import { describe, expect, test } from "vitest";
import type { CommitBytes } from "./commit-bytes.ts";
import { CommitQueue, type CommitReply } from "./commit-queue.ts";
import { Outcome } from "./scripts.ts";

interface Sent {
  readonly number: number;
  readonly text: string;
  readonly memory: ArrayBufferLike;
  readonly again: boolean;
  readonly bytes: CommitBytes;
  readonly answer: (reply: CommitReply) => void;
  readonly fail: (error: Error) => void;
}

function openQueue(options: { maxOutstanding?: number; reusesBytes?: boolean } = {}) {
  const sent: Sent[] = [];
  const queue = new CommitQueue({
    send: (number, bytes, again) =>
      new Promise((answer, fail) => {
        const { buffer } = bytes.commands;
        sent.push({ number, text: bytes.commands.toString(), memory: buffer, again, bytes, answer, fail });
      }),
    reusesBytes: options.reusesBytes ?? true,
    headroom: 10,
    maxOutstanding: options.maxOutstanding ?? 1,
    onTrouble: () => {},
    onProgress: () => {},
  });
  queue.resume(0);
  /** Answers for the commit that was sent as the so many-th. */
  const done = async (index: number): Promise<void> => {
    const { answer, number } = sent[index] as Sent;
    answer([Outcome.Done, number]);
    await new Promise(setImmediate);
  };
  return { queue, sent, done, add: (text: string) => queue.add(Buffer.from(text)) };
}

describe("CommitQueue", () => {
  test("gathers what waits into one commit, in order", async () => {
    const { add, done, sent } = openQueue();
    const all = Promise.all(["a", "b", "c"].map(add));
    expect(sent.map(({ text }) => text)).toEqual(["a"]);
    await done(0);
    expect(sent.map(({ number, text }) => [number, text])).toEqual([
      [1, "a"],
      [2, "bc"],
    ]);
    await done(1);
    await all;
  });

  test("takes a copy of the commands at once", async () => {
    const { done, queue, sent } = openQueue();
    const first = queue.add(Buffer.from("a"));
    const commands = Buffer.from("before");
    const second = queue.add(commands);
    commands.fill("x");
    await done(0);
    await done(1);
    await Promise.all([first, second]);
    expect(sent.map(({ text }) => text)).toEqual(["a", "before"]);
  });

  test("a commit has at most four megabytes, unless one turn has more", async () => {
    const { done, queue, sent } = openQueue();
    const sizes = [1, 3_000_000, 1_000_000, 1_000_000, 9_000_000, 5];
    const all = Promise.all(sizes.map((size) => queue.add(Buffer.alloc(size))));
    for (let index = 0; index < 5; index++) await done(index);
    await all;
    expect(sent.map(({ bytes }) => bytes.length)).toEqual([1, 4_000_000, 1_000_000, 9_000_000, 5]);
  });

  test("writes into the memory of a commit again once it was answered for, and not before", async () => {
    const { add, done, sent } = openQueue({ maxOutstanding: 2 });
    const all = ["a", "b"].map(add);
    await done(0);
    all.push(add("c"));
    await done(1);
    await done(2);
    await Promise.all(all);
    const [a, b, c] = sent.map(({ memory }) => memory);
    expect([b === a, c === a]).toEqual([false, true]);
  });

  test("leaves alone the memory of a commit that was sent again: the first connection may hold it", async () => {
    const { add, done, queue, sent } = openQueue();
    const first = add("a");
    queue.pause();
    queue.resume(0);
    expect(sent.map(({ again, number, text }) => [number, text, again])).toEqual([
      [1, "a", false],
      [1, "a", true],
    ]);
    await done(0); // means nothing any more
    await done(1);
    await first;
    const second = add("b");
    await done(2);
    await second;
    expect(sent[2]?.memory === sent[1]?.memory).toBe(false);
  });

  test("leaves alone the memory of a commit of which Redis says only later that it has it", async () => {
    const { add, done, queue, sent } = openQueue();
    const first = add("a");
    queue.pause();
    queue.resume(1);
    await first;
    const second = add("b");
    await done(1);
    await second;
    expect(sent[1]?.memory === sent[0]?.memory).toBe(false);
  });

  test("leaves alone all memory where commits may be under way without its knowing", async () => {
    const { add, done, sent } = openQueue({ reusesBytes: false });
    for (const [index, text] of ["a", "b"].entries()) {
      const added = add(text);
      await done(index);
      await added;
    }
    expect(sent[1]?.memory === sent[0]?.memory).toBe(false);
  });

  test("a store that is written anew gets that first, then what waited, numbered from one", async () => {
    const { add, done, queue, sent } = openQueue({ maxOutstanding: 2 });
    const all = Promise.all(["a", "b", "c"].map(add));
    queue.pause();
    queue.restart([Buffer.from("all")]);
    for (let index = 2; index < 6; index++) await done(index);
    await all;
    expect(sent.slice(2).map(({ again, number, text }) => [number, text, again])).toEqual([
      [1, "all", false],
      [2, "a", true],
      [3, "b", true],
      [4, "c", false],
    ]);
  });
});
