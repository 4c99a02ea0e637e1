import { once } from "node:events";
import { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { TLSSocket } from "node:tls";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SocketPairs } from "../../test/socket-pairs.ts";
import { type DirectHandle, directHandle, type WriteTarget, writeDirectly } from "./direct-write.ts";

describe("a direct write", () => {
  let pairs: SocketPairs;

  beforeEach(async () => {
    // A paused socket learns of the end of its peer by writing only.
    pairs = new SocketPairs({ pauseOnConnect: true });
    await pairs.listen();
  });

  afterEach(() => pairs.close());

  const handleOf = (socket: Socket): DirectHandle => directHandle(socket) as DirectHandle;

  /** Both ends of a connection. A first write by its stream has been made: it is what direct ones are learnt from. */
  async function pair(): Promise<[client: Socket, socket: Socket]> {
    const [client, socket] = await pairs.make();
    const first = Buffer.from(">");
    if (writeDirectly(handleOf(socket), [first], nobody) === -1) socket.write(first);
    await once(client, "readable");
    expect(String(client.read())).toBe(">");
    return [client, socket];
  }

  const nobody: WriteTarget = { taken: () => expect.unreachable(), lost: () => expect.unreachable() };

  /** Writes until the kernel takes no more; the peer must not be reading. */
  function fill(socket: Socket, target: WriteTarget): { written: number; left: number } {
    const chunk = Buffer.alloc(65_536);
    for (let written = chunk.length; ; written += chunk.length) {
      const left = writeDirectly(handleOf(socket), [chunk], target);
      if (left !== 0) return { written, left };
    }
  }

  test("goes past the stream, which has nothing to remember of it", async () => {
    const [client, socket] = await pair();
    const write = vi.spyOn(socket, "write");
    expect(writeDirectly(handleOf(socket), [Buffer.from("one")], nobody)).toBe(0);
    expect(writeDirectly(handleOf(socket), [Buffer.from(" two"), Buffer.from(" three")], nobody)).toBe(0);
    expect(write).not.toHaveBeenCalled();
    socket.end(" end");
    expect(String(Buffer.concat(await client.toArray()))).toBe("one two three end");
  });

  test("that the kernel does not take at once keeps its bytes, and tells when they are gone; others go on meanwhile", async () => {
    const [client, socket] = await pair();
    const [other, otherSocket] = await pair();
    const taken = vi.fn();
    const { written, left } = fill(socket, { ...nobody, taken });
    expect(left > 0 && left <= 65_536).toBe(true);
    expect(writeDirectly(handleOf(otherSocket), [Buffer.from("other")], nobody)).toBe(0);
    await once(other, "readable");
    expect(String(other.read())).toBe("other");
    expect(taken).not.toHaveBeenCalled();
    // What the stream is given now, its end too, comes behind it.
    socket.end("end");
    const received = Buffer.concat(await client.toArray());
    expect(received.length).toBe(written + 3);
    expect(String(received.subarray(-3))).toBe("end");
    expect(taken).toHaveBeenCalledOnce();
  });

  test("that is taken in two attempts leaves the next ones their own request", async () => {
    const [client, socket] = await pair();
    // More segments than the kernel takes in one call, so that libuv goes on with the rest.
    const segments = Array.from({ length: 1500 }, () => Buffer.from("ab"));
    for (let count = 0; count < 3; count++) expect(writeDirectly(handleOf(socket), segments, nobody)).toBe(0);
    socket.end("end");
    expect(String(Buffer.concat(await client.toArray()))).toBe(`${"ab".repeat(4500)}end`);
  });

  test("that fails later tells with which error", async () => {
    const [client, socket] = await pair();
    const failed = new Promise<Error>((lost) => fill(socket, { ...nobody, lost }));
    client.resetAndDestroy();
    const error = await failed;
    expect(error).toMatchObject({ message: expect.stringMatching(/^write E(PIPE|CONNRESET)$/), syscall: "write" });
  });

  test("that waits when the socket is destroyed tells that it is lost", async () => {
    const [, socket] = await pair();
    const lost = vi.fn();
    fill(socket, { ...nobody, lost });
    socket.destroy();
    await once(socket, "close");
    expect(lost).toHaveBeenCalledOnce();
  });

  test("is left to the stream where it can't be made: on a handle that is closing, and on one that is gone", async () => {
    const [, socket] = await pair();
    const handle = handleOf(socket);
    socket.destroy();
    expect(writeDirectly(handle, [Buffer.from("x")], nobody)).toBe(-1);
    await once(socket, "close");
    expect(writeDirectly(handle, [Buffer.from("x")], nobody)).toBe(-1);
    expect(directHandle(socket)).toBeNull();
  });

  test("is for plain sockets only", async () => {
    const [, socket] = await pair();
    expect(directHandle(socket)).not.toBeNull();
    expect(directHandle(new Socket())).toBeNull(); // not connected
    expect(directHandle(new PassThrough())).toBeNull();
    const secured = new TLSSocket(new PassThrough() as unknown as Socket);
    expect(directHandle(secured)).toBeNull();
    secured.destroy();
  });
});
