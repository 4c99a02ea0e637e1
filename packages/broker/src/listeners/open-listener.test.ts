import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import { connect as connectTcp, createServer, Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { Accepted, openDoor, Recorder, RecordingLogger } from "../../test/listener-fixtures.ts";
import type { ListenerConfig } from "../config/index.ts";
import { ConfigError, StartError } from "../errors.ts";
import { bind } from "./bind.ts";
import { openListener } from "./open-listener.ts";
import type { Listener, Transport } from "./transport.ts";

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

function open(config: Partial<ListenerConfig>, accepted: Accepted, logger = new RecordingLogger()): Promise<Listener> {
  const full: ListenerConfig = { address: "127.0.0.1:0", backlog: 511, ...config };
  const options = { baseDirectory: "/", accept: accepted.accept, door: openDoor, logger, maximumPayload: () => 1024 };
  return openListener(full, options).then((listener) => {
    undo.push(() => listener.close());
    return listener;
  });
}

async function connectTo(port: number, host = "127.0.0.1"): Promise<Socket> {
  const socket = connectTcp({ port, host });
  undo.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

describe("a TCP listener", () => {
  it("says what it is, with the port that the system chose", async () => {
    const listener = await open({}, new Accepted());
    expect(listener).toMatchObject({ name: "127.0.0.1:0", kind: "tcp" });
    expect(listener.port).toBeGreaterThan(0);
    expect(listener.address).toBe(`127.0.0.1:${listener.port}`);
    (await listener.prepareReload())();
  });

  it("accepts connections and describes them", async () => {
    const accepted = new Accepted();
    const listener = await open({ name: "plant" }, accepted);
    const client = await connectTo(listener.port);
    const transport = await accepted.next();
    expect(transport.info).toEqual({
      kind: "tcp",
      listener: "plant",
      remoteAddress: "127.0.0.1",
      remotePort: client.localPort,
      localAddress: "127.0.0.1",
      localPort: listener.port,
    });
    const recorder = new Recorder(transport);
    for (const byte of "split") client.write(byte);
    await recorder.hasText("split");
    transport.write([Buffer.from("answer")]);
    expect(String((await once(client, "data"))[0])).toBe("answer");
  });

  it("without a host takes IPv4 and IPv6, and shows IPv4 addresses as such", async () => {
    const accepted = new Accepted();
    const listener = await open({ address: ":0" }, accepted);
    expect(listener.address).toBe(`[::]:${listener.port}`);
    await connectTo(listener.port, "127.0.0.1");
    expect((await accepted.next()).info).toMatchObject({ remoteAddress: "127.0.0.1", localAddress: "127.0.0.1" });
    await connectTo(listener.port, "::1");
    expect((await accepted.next()).info).toMatchObject({ remoteAddress: "::1", localAddress: "::1" });
  });

  it("stops accepting when closed, and leaves open connections alone", async () => {
    const accepted = new Accepted();
    const listener = await open({}, accepted);
    const client = await connectTo(listener.port);
    const recorder = new Recorder(await accepted.next());
    await listener.close();
    await expect(connectTo(listener.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    client.write("still here");
    await recorder.hasText("still here");
    client.destroy();
    await recorder.until(() => recorder.ends + recorder.closes.length > 0);
    recorder.transport.destroy();
  });

  it("gives its port free at once when closed", async () => {
    const listener = await open({}, new Accepted());
    await listener.close();
    const again = await open({ address: listener.address }, new Accepted());
    expect(again.port).toBe(listener.port);
  });

  it.each<[string, Partial<ListenerConfig>]>([
    ["TCP", {}],
    ["WebSocket", { websocket: { path: "/", allowedOrigins: [], requireSubprotocol: false } }],
  ])("over %s lets a connection be refused at once, by destroying it", async (_name, config) => {
    const accepted = new Accepted();
    const original = accepted.accept;
    const refusing = Object.assign(accepted, {
      accept: (transport: Transport): void => {
        transport.destroy();
        original(transport);
      },
    });
    const listener = await open(config, refusing);
    const client = await connectTo(listener.port);
    client.on("error", () => {});
    client.write(
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    );
    client.resume();
    const recorder = new Recorder(await accepted.next());
    await recorder.closed();
    await new Promise((resolve) => client.once("close", resolve));
    expect([recorder.bytes, recorder.closes.length]).toEqual([0, 1]);
  });

  it("logs that a connection could not be accepted, and goes on", async () => {
    const servers = new Set<Server>();
    const onSocket = (message: unknown): void => {
      servers.add((message as { readonly socket: { readonly server: Server } }).socket.server);
    };
    subscribe("net.server.socket", onSocket);
    undo.push(() => unsubscribe("net.server.socket", onSocket));
    const logger = new RecordingLogger();
    const accepted = new Accepted();
    const listener = await open({}, accepted, logger);
    await connectTo(listener.port);
    await accepted.next();
    // What Node emits when the process has no file descriptor left.
    for (const server of servers) server.emit("error", Object.assign(new Error("accept EMFILE"), { code: "EMFILE" }));
    expect(logger.lines).toEqual(["warn cannot accept a connection"]);
    await connectTo(listener.port);
    await accepted.next();
  });
});

describe("a listener that can't be started", () => {
  const refusal = async (config: Partial<ListenerConfig>): Promise<unknown> => {
    try {
      await open(config, new Accepted());
    } catch (error) {
      return error;
    }
    throw new Error("it was started");
  };

  it("names the address in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    undo.push(() => other.close());
    await once(other, "listening");
    const bound = other.address();
    if (bound === null || typeof bound === "string") throw new Error("not bound");
    const error = await refusal({ address: `127.0.0.1:${bound.port}` });
    expect(error).toBeInstanceOf(StartError);
    expect(error).toMatchObject({
      culprit: `127.0.0.1:${bound.port}`,
      message: `cannot listen on 127.0.0.1:${bound.port}: address already in use (another broker running?)`,
    });
  });

  it("names an address that is not the machine's, and a host that does not exist", async () => {
    expect(await refusal({ address: "192.0.2.1:0" })).toMatchObject({
      message: "cannot listen on 192.0.2.1:0: this machine has no such address",
    });
    expect(await refusal({ address: "nowhere.invalid:0" })).toMatchObject({
      message: expect.stringMatching(/^cannot listen on nowhere\.invalid:0: (no such host|the host's name could not)/),
    });
  });

  it.each([
    ["EACCES", 80, "permission denied (ports below 1024 need root or the capability CAP_NET_BIND_SERVICE)"],
    ["EACCES", 1883, "permission denied"],
    ["EWHATEVER", 80, "listen failed"],
  ])("says what to do about %s at port %i", async (code, port, reason) => {
    class Refusing extends Server {
      override listen(): this {
        process.nextTick(() => this.emit("error", Object.assign(new Error("listen failed"), { code })));
        return this;
      }
    }
    await expect(bind(new Refusing(), { port }, `:${port}`)).rejects.toMatchObject({
      name: "StartError",
      message: `cannot listen on :${port}: ${reason}`,
    });
  });

  it.each<[string, Partial<ListenerConfig>, string]>([
    ["an address that is none", { address: "1883" }, 'listeners.address: "1883" is not an address'],
    ["a mode on a TCP port", { unixMode: "0660" }, "listeners.unix_mode: only a Unix socket has a mode"],
    [
      "TLS on a Unix socket",
      { address: "unix:///x", tls: { cert: "c", key: "k", verify: false, usernameFromCommonName: false } },
      "listeners.tls: a Unix socket carries no TLS",
    ],
    [
      "the PROXY protocol on a Unix socket",
      { address: "unix:///x", proxyProtocol: { trusted: ["127.0.0.1"] } },
      "listeners.proxy_protocol: trusted addresses say nothing about a Unix socket",
    ],
  ])("refuses %s", async (_name, config, message) => {
    const error = await refusal(config);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ message });
  });
});
