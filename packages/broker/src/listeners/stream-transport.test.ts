import { once } from "node:events";
import type { Socket } from "node:net";
import { Duplex, PassThrough } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Recorder } from "../../test/listener-fixtures.ts";
import { SocketPairs } from "../../test/socket-pairs.ts";
import { transportOfStream } from "./attach.ts";
import { addressesOf } from "./opening.ts";
import { StreamTransport } from "./stream-transport.ts";

describe.each([
  { over: "TCP", unread: false },
  { over: "a TCP socket that nobody has read from", unread: true },
])("a stream transport over $over", ({ unread }) => {
  let pairs: SocketPairs;
  let client: Socket;
  let socket: Socket;
  let transport: StreamTransport;

  beforeEach(async () => {
    pairs = new SocketPairs({ noDelay: true });
    await pairs.listen();
    [client, socket] = await pairs.make();
    transport = new StreamTransport(socket, { kind: "tcp", listener: "test", ...addressesOf(socket) }, unread);
  });

  afterEach(() => {
    transport.destroy();
    pairs.close();
  });

  it("carries bytes both ways, in order", async () => {
    const recorder = new Recorder(transport);
    const received: Buffer[] = [];
    client.on("data", (chunk: Buffer) => received.push(chunk));
    client.write("ab");
    client.write("cd");
    await recorder.hasText("abcd");
    expect(transport.write([Buffer.from("one")])).toBe(true);
    expect(transport.write([Buffer.from(" two"), Buffer.from(" three"), Buffer.from(" four")])).toBe(true);
    transport.end();
    await once(client, "end");
    expect(Buffer.concat(received).toString()).toBe("one two three four");
  });

  it("lets go of its handler when it is closed, whoever holds the socket", async () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const serve = async (): Promise<WeakRef<Recorder>> => {
      const recorder = new Recorder(transport);
      transport.destroy();
      await recorder.closed();
      return new WeakRef(recorder);
    };
    const recorder = await serve();
    await new Promise(setImmediate); // a reference that was just made is held until the end of the turn
    gc();
    expect([socket.closed, recorder.deref()]).toEqual([true, undefined]);
  });

  it("answers true when the kernel took everything, so that the memory may be reused", async () => {
    const memory = Buffer.from("first");
    const received: Buffer[] = [];
    client.on("data", (chunk: Buffer) => received.push(chunk));
    new Recorder(transport);
    expect(transport.write([memory])).toBe(true);
    expect(transport.bufferedBytes).toBe(0);
    memory.write("OTHER");
    transport.end();
    await once(client, "end");
    expect(Buffer.concat(received).toString()).toBe("first");
  });

  it("goes past the stream of a socket that was just accepted", async () => {
    new Recorder(transport);
    transport.write([Buffer.from("first")]); // may be the one that direct writes are learnt from
    const write = vi.spyOn(socket, "write");
    transport.write([Buffer.from("second")]);
    expect(write).toHaveBeenCalledTimes(unread ? 0 : 1);
  });

  it("takes a write of no segments for nothing", () => {
    expect(transport.write([])).toBe(true);
  });

  it("answers false while the peer is frozen, and tells once when all is taken", async () => {
    const recorder = new Recorder(transport);
    client.pause();
    const chunk = Buffer.alloc(65_536, 7);
    let sent = 0;
    let tookAll = true;
    while (tookAll) {
      tookAll = transport.write([chunk]);
      sent += chunk.length;
    }
    const buffered = transport.bufferedBytes;
    expect(buffered).toBeGreaterThan(0);
    expect(transport.write([chunk, chunk])).toBe(false);
    expect(transport.bufferedBytes).toBe(buffered + 2 * chunk.length);
    expect(recorder.drains).toBe(0);
    sent += 2 * chunk.length;
    let received = 0;
    client.on("data", (part: Buffer) => {
      received += part.length;
    });
    client.resume();
    await recorder.until(() => recorder.drains > 0);
    expect(transport.bufferedBytes).toBe(0);
    transport.end();
    await once(client, "end");
    expect(received).toBe(sent);
    expect(recorder.drains).toBe(1);
  });

  it("tells of the drain behind writes of several segments", async () => {
    const recorder = new Recorder(transport);
    client.pause();
    const segments = [Buffer.alloc(5), Buffer.alloc(65_536), Buffer.alloc(1)];
    while (transport.write(segments));
    client.resume();
    await recorder.until(() => recorder.drains === 1);
    expect(transport.bufferedBytes).toBe(0);
  });

  it("tells of the drain even when what is left is far below Node's high-water mark", async () => {
    const recorder = new Recorder(transport);
    client.pause();
    // Single bytes behind a full kernel buffer: Node itself would emit no 'drain' for the last of them.
    while (transport.write([Buffer.alloc(4096)]));
    await new Promise<void>((resolve) => {
      client.resume();
      void recorder.until(() => recorder.drains === 1).then(resolve);
    });
    client.pause();
    while (transport.write([Buffer.alloc(1024)]));
    expect(transport.bufferedBytes).toBeLessThan(16_384);
    client.resume();
    await recorder.until(() => recorder.drains === 2);
    expect(transport.bufferedBytes).toBe(0);
  });

  it("reads nothing while paused", async () => {
    const recorder = new Recorder(transport);
    client.write("before");
    await recorder.hasText("before");
    transport.pause();
    const chunk = Buffer.alloc(65_536);
    // When the client's kernel takes no more, the broker has stopped reading.
    while (client.write(chunk) || client.writableLength === 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.text).toBe("before");
    transport.resume();
    await once(client, "drain");
    await recorder.until(() => recorder.bytes > 65_536);
  });

  it("tells when the peer finished sending, and keeps the other direction open", async () => {
    const recorder = new Recorder(transport);
    const received = once(client, "data");
    client.end("last words");
    await recorder.until(() => recorder.ends === 1);
    expect(recorder.text).toBe("last words");
    expect(recorder.closes).toEqual([]);
    transport.write([Buffer.from("answer")]);
    expect(String((await received)[0])).toBe("answer");
    transport.end();
    await recorder.closed();
    expect(recorder.closes).toEqual([undefined]);
  });

  it("lets what is unsent arrive at a peer who has finished sending, and closes behind it", async () => {
    const recorder = new Recorder(transport);
    client.pause();
    client.end();
    await recorder.until(() => recorder.ends === 1);
    const chunk = Buffer.alloc(65_536, 7);
    let sent = chunk.length;
    while (transport.write([chunk])) sent += chunk.length;
    transport.end();
    let received = 0;
    client.on("data", (part: Buffer) => {
      received += part.length;
    });
    client.resume();
    await recorder.closed();
    await once(client, "end");
    expect([received, recorder.ends, recorder.closes]).toEqual([sent, 1, [undefined]]);
  });

  it("closes when the peer ends behind us", async () => {
    const recorder = new Recorder(transport);
    transport.end();
    client.resume();
    await once(client, "end");
    client.end();
    await recorder.closed();
    expect([recorder.ends, recorder.closes]).toEqual([1, [undefined]]);
  });

  it("lets what was written arrive before the end", async () => {
    new Recorder(transport);
    client.pause();
    const chunk = Buffer.alloc(65_536);
    let sent = 0;
    do sent += chunk.length;
    while (transport.write([chunk]));
    transport.end();
    transport.end();
    expect(transport.write([chunk])).toBe(true);
    let received = 0;
    client.on("data", (part: Buffer) => {
      received += part.length;
    });
    client.resume();
    await once(client, "end");
    expect(received).toBe(sent);
  });

  it("can be destroyed twice and closes once", async () => {
    const recorder = new Recorder(transport);
    client.on("error", () => {});
    transport.destroy();
    transport.destroy();
    transport.end();
    expect(transport.write([Buffer.from("x")])).toBe(true);
    await recorder.closed();
    client.resume();
    await once(client, "end");
    expect(recorder.closes).toEqual([undefined]);
  });

  it("tells the error that ended it, a reset for example", async () => {
    const recorder = new Recorder(transport);
    client.resetAndDestroy();
    await recorder.closed();
    expect(recorder.closes).toHaveLength(1);
    expect(recorder.closes[0]).toMatchObject({ code: "ECONNRESET" });
  });

  it("owes no drain to somebody who is gone", async () => {
    const recorder = new Recorder(transport);
    client.pause();
    while (transport.write([Buffer.alloc(65_536)]));
    transport.destroy();
    await recorder.closed();
    expect(recorder.drains).toBe(0);
  });

  it("tells the end to a handler that starts too late, so that nobody waits for a peer who has left", async () => {
    const ended = once(socket, "end");
    client.end();
    await ended;
    const recorder = new Recorder(transport);
    await recorder.until(() => recorder.ends === 1);
    transport.end();
    await recorder.closed();
    expect(recorder.ends).toBe(1);
  });

  it("tells the close to a handler that starts too late", async () => {
    transport.destroy();
    client.resume();
    await once(client, "end");
    const recorder = new Recorder(transport);
    expect(recorder.closes).toEqual([]);
    await recorder.closed();
    expect(recorder.closes).toEqual([undefined]);
  });
});

describe("a stream transport over a stream of the embedder's", () => {
  it("carries bytes both ways", async () => {
    const [ours, theirs] = duplexPair();
    const recorder = new Recorder(transportOfStream(ours, { remoteAddress: "room 7" }));
    expect(recorder.transport.info).toMatchObject({ kind: "stream", listener: "stream", remoteAddress: "room 7" });
    theirs.write("hello");
    await recorder.hasText("hello");
    recorder.transport.write([Buffer.from("world")]);
    expect(String((await once(theirs, "data"))[0])).toBe("world");
  });

  it("tells the stream's error, once, and leaves none unhandled", async () => {
    const [ours] = duplexPair();
    const recorder = new Recorder(transportOfStream(ours));
    ours.destroy(new Error("cable cut"));
    await recorder.closed();
    expect(recorder.closes).toEqual([new Error("cable cut")]);
    ours.emit("error", new Error("second"));
    ours.emit("close");
    expect(recorder.closes).toHaveLength(1);
  });

  it("tells the close of a stream that was closed before it came", async () => {
    const [ours] = duplexPair();
    ours.destroy();
    await once(ours, "close");
    const recorder = new Recorder(transportOfStream(ours));
    await recorder.closed();
    expect(recorder.closes).toEqual([undefined]);
  });

  it.each([
    ["in object mode", new PassThrough({ objectMode: true })],
    ["with an encoding", new PassThrough({ encoding: "utf8" })],
  ])("refuses a stream %s", (_name, stream) => {
    expect(() => transportOfStream(stream)).toThrow(
      new TypeError("a stream of bytes is needed: not in object mode, no encoding set"),
    );
  });
});

class Half extends Duplex {
  other: Half | undefined;

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, taken: () => void): void {
    this.other?.push(chunk);
    taken();
  }
}

function duplexPair(): [Duplex, Duplex] {
  const [one, other] = [new Half(), new Half()];
  one.other = other;
  other.other = one;
  return [one, other];
}
