import { Command } from "ioredis";
import { describe, expect, test } from "vitest";
import { BufferPool } from "./buffer-pool.ts";
import { CommitBytes } from "./commit-bytes.ts";
import { CommitEncoder } from "./commit-command.ts";
import { COMMIT } from "./scripts.ts";

const socket = {};

function bytesOf(encoder: CommitEncoder, ...commands: readonly Uint8Array[]): CommitBytes {
  const bytes = new CommitBytes(new BufferPool(), encoder.headroom, 0);
  for (const command of commands) bytes.append(command);
  return bytes;
}

describe("CommitEncoder", () => {
  test.each([
    ["nothing", 1, 1, Buffer.alloc(0)],
    ["a few bytes that are no text", 7, 12, Buffer.of(0, 0xff, 13, 10, 0x80)],
    ["many bytes and large numbers", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, Buffer.alloc(3_000_000, "xyz")],
  ])("encodes %s as ioredis does", (_, token, number, commands) => {
    const encoder = new CommitEncoder("gmqtt:ü{broker}");
    const bytes = bytesOf(encoder, commands);
    const args = [COMMIT, "1", "gmqtt:ü{broker}", String(token), String(number), commands];
    const expected = Buffer.from(new Command("eval", args).toWritable(socket));
    expect(expected.equals(encoder.encode(token, number, bytes).toWritable(socket) as Buffer)).toBe(true);
    expect(expected.equals(encoder.copy(token, number, bytes).toWritable(socket) as Buffer)).toBe(true);
  });

  test("says the same by the arguments that ioredis would encode", () => {
    const encoder = new CommitEncoder("key");
    const { args, name } = encoder.encode(3, 4, bytesOf(encoder, Buffer.from("abc"), Buffer.from("def")));
    expect([name, ...args]).toEqual(["eval", COMMIT, "1", "key", "3", "4", Buffer.from("abcdef")]);
  });

  test("a copy has memory of its own, and leaves alone what was sent before", () => {
    const encoder = new CommitEncoder("key");
    const bytes = bytesOf(encoder, Buffer.from("abc"));
    const first = encoder.encode(3, 4, bytes).toWritable(socket) as Buffer;
    const before = Buffer.from(first);
    const copy = encoder.copy(5, 1, bytes).toWritable(socket) as Buffer;
    expect(copy.buffer === first.buffer).toBe(false);
    expect(first).toEqual(before);
  });
});
