import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SocketPairs } from "../../test/socket-pairs.ts";
import { endReading, type ReadTarget, readInto } from "./shared-read.ts";

const nobody: ReadTarget = {
  bytesRead: 0,
  fill: () => expect.unreachable(),
  received: () => expect.unreachable(),
  finished: () => expect.unreachable(),
  readOn: () => expect.unreachable(),
};

describe("sockets that read into one place", () => {
  let pairs: SocketPairs;

  beforeEach(async () => {
    pairs = new SocketPairs();
    await pairs.listen();
  });

  afterEach(() => pairs.close());

  /** Resolves at the end. */
  function readAll(
    socket: Socket,
    received: (chunk: Buffer) => void,
    fill: ReadTarget["fill"] = () => 0,
  ): Promise<void> {
    return new Promise((finished) => {
      const target: ReadTarget = {
        bytesRead: 0,
        fill,
        received: (bytes, start, end) => received(bytes.subarray(start, end)),
        finished,
        readOn: () => {
          if (!socket.destroyed && !socket.isPaused()) socket.resume();
        },
      };
      expect(readInto(socket, target)).toBe(true);
      socket.resume();
    });
  }

  /** Reads all there is, keeping every chunk as it was handed over. */
  function collect(socket: Socket) {
    const chunks: Buffer[] = [];
    const ended = readAll(socket, (chunk) => chunks.push(chunk));
    return { chunks, ended };
  }

  const hash = (chunks: readonly Buffer[]): string => {
    const sum = createHash("sha256");
    for (const chunk of chunks) sum.update(chunk);
    return sum.digest("hex");
  };

  test("get every byte once and in order, in memory that nobody writes into again, reads of all sizes", async () => {
    const ends = [await pairs.make(), await pairs.make(), await pairs.make()];
    const transfers = ends.map(async ([client, socket], index) => {
      const { chunks, ended } = collect(socket);
      const sent = [1, 3, 100, 5000, 70_000, 300_000, 1_000_000].map((size) => randomBytes(size * (index + 1)));
      for (const piece of sent) if (!client.write(piece)) await once(client, "drain");
      client.end();
      await ended;
      expect(hash(chunks)).toBe(hash(sent));
    });
    await Promise.all(transfers);
  });

  test("let what is wanted elsewhere be copied there, and hand over the rest", async () => {
    const [client, socket] = await pairs.make();
    const sent = randomBytes(3_000_000);
    const got: Buffer[] = [];
    let [offers, copied] = [0, 0];
    // All, nothing, and 100 bytes, in turn.
    const fill = (chunk: Buffer, end: number): number => {
      const wanted = [end, 0, 100][offers++ % 3] as number;
      got.push(Buffer.from(chunk.subarray(0, wanted)));
      copied += wanted;
      return wanted;
    };
    const ended = readAll(socket, (chunk) => got.push(chunk), fill);
    client.end(sent);
    await ended;
    expect(copied).toBeGreaterThan(100_000);
    expect(hash(got)).toBe(hash([sent]));
  });

  test("read nothing while paused, and go on behind it", async () => {
    const [client, socket] = await pairs.make();
    const { chunks, ended } = collect(socket);
    client.write("a");
    while (chunks.length === 0) await new Promise((resolve) => setImmediate(resolve));
    socket.pause();
    client.write("b");
    // Another connection's byte makes the whole way meanwhile.
    const [other, otherSocket] = await pairs.make();
    const second = collect(otherSocket);
    other.end("x");
    await second.ended;
    expect(Buffer.concat(chunks).toString()).toBe("a");
    socket.resume();
    client.end("c");
    await ended;
    expect(Buffer.concat(chunks).toString()).toBe("abc");
  });

  test("are read four times a turn, so that one who sends without end leaves the others theirs", async () => {
    const [client, socket] = await pairs.make();
    let turn = 0;
    let reading = true;
    const counting = setInterval(() => {}, 1000); // keeps the turns coming
    const count = (): void => {
      turn++;
      if (reading) setImmediate(count);
    };
    setImmediate(count);
    const reads: [turn: number, length: number][] = [];
    const ended = readAll(socket, ({ length }) => reads.push([turn, length]));
    client.end(Buffer.alloc(40_000_000));
    await ended;
    reading = false;
    clearInterval(counting);
    expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBe(40_000_000);
    const full = reads.filter(([, length]) => length === 128 * 1024);
    expect(full.length).toBeGreaterThan(10);
    const perTurn = new Map<number, number>();
    for (const [turn] of full) perTurn.set(turn, (perTurn.get(turn) ?? 0) + 1);
    expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(4);
  });

  test("that are paused behind a full read stay so until they are resumed", async () => {
    const [client, socket] = await pairs.make();
    let [bytes, full] = [0, 0];
    const received = ({ length }: Buffer): void => {
      bytes += length;
      if (length === 128 * 1024 && ++full % 4 === 0) socket.pause();
    };
    let reading = true;
    const ended = readAll(socket, received).then(() => {
      reading = false;
    });
    client.end(Buffer.alloc(6_000_000));
    for (let pauses = 0; reading; ) {
      await new Promise((resolve) => setImmediate(resolve));
      if (!socket.isPaused()) continue;
      const before = bytes;
      for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
      expect([bytes, ++pauses > 20]).toEqual([before, false]);
      socket.resume();
    }
    await ended;
    expect(bytes).toBe(6_000_000);
  });

  test("tell their target of the end, and the stream when it is asked for", async () => {
    const [client, socket] = await pairs.make();
    const { ended } = collect(socket);
    const streamEnded = once(socket, "end");
    client.end();
    await ended;
    await new Promise((resolve) => setImmediate(resolve));
    expect(socket.readableEnded).toBe(false);
    endReading(socket);
    await streamEnded;
  });

  test("are not those that something was read from already", async () => {
    const [client, socket] = await pairs.make();
    client.write("early");
    while (socket.readableLength === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(readInto(socket, nobody)).toBe(false);
    expect(String(socket.read())).toBe("early");
  });

  test("are taken once", async () => {
    const [client, socket] = await pairs.make();
    const { ended } = collect(socket);
    expect(readInto(socket, nobody)).toBe(false);
    client.end();
    await ended;
  });

  test("are plain sockets: others are left to be read as streams are", () => {
    expect(readInto(new PassThrough() as unknown as Socket, nobody)).toBe(false);
    const secured = new TLSSocket(new PassThrough() as unknown as Socket);
    expect(readInto(secured, nobody)).toBe(false);
    secured.destroy();
  });
});
