import { describe, expect, it } from "vitest";
import { Recorder } from "../../test/listener-fixtures.ts";
import { createMemoryPair } from "./memory-listener.ts";

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

describe("a memory pair", () => {
  it("says what it is, and what it was told to say", () => {
    const [plain] = createMemoryPair();
    expect(plain.info).toEqual({
      kind: "memory",
      listener: "memory",
      remoteAddress: "",
      remotePort: 0,
      localAddress: "",
      localPort: 0,
    });
    const [told, other] = createMemoryPair({ remoteAddress: "192.0.2.1", kind: "tcp" });
    expect(told.info).toMatchObject({ remoteAddress: "192.0.2.1", kind: "tcp", listener: "memory" });
    expect(other.info).toEqual(told.info);
  });

  it("carries bytes both ways, in order, not before the writer has returned", async () => {
    const [server, client] = createMemoryPair();
    const atServer = new Recorder(server);
    const atClient = new Recorder(client);
    expect(client.write([bytes("a"), bytes("b")])).toBe(true);
    expect(client.write([bytes("c")])).toBe(true);
    expect(client.write([])).toBe(true);
    expect(atServer.chunks).toEqual([]);
    await Promise.resolve();
    expect(atServer.chunks).toEqual([bytes("ab"), bytes("c")]);
    server.write([bytes("d")]);
    await Promise.resolve();
    expect(atClient.text).toBe("d");
  });

  it("keeps what was written before the reader started", async () => {
    const [server, client] = createMemoryPair();
    client.write([bytes("early")]);
    await Promise.resolve();
    await new Recorder(server).hasText("early");
  });

  it("copies what is written", async () => {
    const [server, client] = createMemoryPair();
    const recorder = new Recorder(server);
    const memory = bytes("first");
    client.write([memory]);
    memory.write("OTHER");
    await recorder.hasText("first");
  });

  it("answers false when a paused reader's capacity is used up, and tells when it is read", async () => {
    const [server, client] = createMemoryPair({}, { capacity: 4 });
    const atServer = new Recorder(server);
    const atClient = new Recorder(client);
    server.pause();
    expect(client.write([bytes("1234")])).toBe(true);
    expect(client.write([bytes("5")])).toBe(false);
    expect(client.write([bytes("67")])).toBe(false);
    expect(client.bufferedBytes).toBe(3);
    await Promise.resolve();
    expect(atServer.bytes).toBe(0);
    expect(atClient.drains).toBe(0);
    server.resume();
    await atServer.hasText("1234567");
    expect(client.bufferedBytes).toBe(0);
    expect(atClient.drains).toBe(1);
  });

  it("stops in the middle when the reader pauses on a chunk", async () => {
    const [server, client] = createMemoryPair();
    const seen: string[] = [];
    server.start({
      onData: (chunk) => {
        seen.push(chunk.toString());
        server.pause();
      },
      onDrain: () => {},
      onEnd: () => seen.push("end"),
      onClose: () => {},
    });
    client.write([bytes("one")]);
    client.write([bytes("two")]);
    client.end();
    await Promise.resolve();
    await Promise.resolve();
    expect(seen).toEqual(["one"]);
    server.resume();
    await Promise.resolve();
    expect(seen).toEqual(["one", "two"]);
    server.resume();
    await Promise.resolve();
    expect(seen).toEqual(["one", "two", "end"]);
  });

  it("ends one direction behind what was written, and closes when both are done", async () => {
    const [server, client] = createMemoryPair();
    const atServer = new Recorder(server);
    const atClient = new Recorder(client);
    client.write([bytes("last words")]);
    client.end();
    client.end();
    expect(client.write([bytes("too late")])).toBe(true);
    await atServer.until(() => atServer.ends === 1);
    expect(atServer.text).toBe("last words");
    server.write([bytes("answer")]);
    await atClient.hasText("answer");
    expect(atServer.closes).toEqual([]);
    server.end();
    await atServer.closed();
    await atClient.closed();
    expect(atServer.closes).toEqual([undefined]);
    expect(atClient.closes).toEqual([undefined]);
    expect(atClient.ends).toBe(1);
  });

  it("destroys both sides, once, and drops what its own side had not read", async () => {
    const [server, client] = createMemoryPair();
    const atServer = new Recorder(server);
    const atClient = new Recorder(client);
    client.write([bytes("unread")]);
    server.write([bytes("sent before")]);
    server.destroy();
    server.destroy();
    server.end();
    expect(server.write([bytes("x")])).toBe(true);
    expect(client.write([bytes("x")])).toBe(true);
    await atServer.closed();
    await atClient.closed();
    expect(atServer.text).toBe("");
    expect(atServer.ends).toBe(0);
    expect(atServer.closes).toEqual([undefined]);
    expect(atClient.text).toBe("sent before");
    expect(atClient.ends).toBe(1);
    expect(atClient.closes).toEqual([undefined]);
    client.resume();
    await Promise.resolve();
    expect(atClient.closes).toEqual([undefined]);
  });

  it("owes no drain to somebody who is gone", async () => {
    const [server, client] = createMemoryPair({}, { capacity: 1 });
    const atServer = new Recorder(server);
    const atClient = new Recorder(client);
    server.pause();
    expect(client.write([bytes("123")])).toBe(false);
    client.destroy();
    await atClient.closed();
    server.resume();
    await atServer.closed();
    expect(atServer.text).toBe("123");
    expect(atClient.drains).toBe(0);
  });
});
