import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import {
  Accepted,
  Certificates,
  type Identity,
  openDoor,
  Recorder,
  RecordingLogger,
} from "../../test/listener-fixtures.ts";
import type { ListenerConfig } from "../config/index.ts";
import { openListener } from "./open-listener.ts";
import type { Listener } from "./transport.ts";

const header = "PROXY TCP4 192.0.2.1 192.0.2.2 55555 1883\r\n";
const client = { remoteAddress: "192.0.2.1", remotePort: 55_555, localAddress: "127.0.0.1" };

let certificates: Certificates;
let authority: Identity;
const undo: (() => unknown)[] = [];

beforeAll(() => {
  certificates = new Certificates();
  authority = certificates.authority("authority");
  certificates.signed("server", "/CN=localhost", authority);
});

afterAll(() => certificates.remove());

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Opened {
  readonly listener: Listener;
  readonly accepted: Accepted;
  readonly logger: RecordingLogger;
}

async function open(config: Partial<ListenerConfig> = {}, openingTimeout = 10_000): Promise<Opened> {
  const accepted = new Accepted();
  const logger = new RecordingLogger();
  const listener = await openListener(
    { address: "127.0.0.1:0", backlog: 511, proxyProtocol: { trusted: ["10.0.0.0/8", "127.0.0.1", "::1"] }, ...config },
    {
      baseDirectory: certificates.directory,
      accept: accepted.accept,
      door: openDoor,
      logger,
      maximumPayload: () => 1024,
      openingTimeout,
    },
  );
  undo.push(() => listener.close());
  return { listener, accepted, logger };
}

function dial(port: number, host = "127.0.0.1"): Socket {
  const socket = connectTcp({ port, host, noDelay: true });
  socket.on("error", () => {});
  undo.push(() => socket.destroy());
  return socket;
}

const closed = (socket: Socket): Promise<unknown> => {
  socket.resume();
  return new Promise((resolve) => socket.once("close", resolve));
};

describe("a listener behind a proxy", () => {
  it("believes a trusted proxy about the client's address, and passes on what follows the header", async () => {
    const { listener, accepted } = await open();
    const socket = dial(listener.port);
    socket.write(`${header}hello`);
    const transport = await accepted.next();
    expect(transport.info).toMatchObject({ ...client, kind: "tcp", localPort: listener.port });
    const recorder = new Recorder(transport);
    await recorder.hasText("hello");
    socket.write(" again");
    await recorder.hasText("hello again");
    transport.write([Buffer.from("answer")]);
    expect(String((await once(socket, "data"))[0])).toBe("answer");
  });

  it("reads a header that comes byte by byte, and waits for the client's first byte", async () => {
    const { listener, accepted } = await open({ address: "[::1]:0" });
    const socket = dial(listener.port, "::1");
    for (const byte of Buffer.from(header)) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const transport = await accepted.next();
    expect(transport.info).toMatchObject({ ...client, localAddress: "::1" });
    const recorder = new Recorder(transport);
    socket.write("hello");
    await recorder.hasText("hello");
    socket.end();
    await recorder.until(() => recorder.ends === 1);
    transport.destroy();
  });

  it("leaves the proxy's own connections (LOCAL) and unknown ones their address", async () => {
    const { listener, accepted } = await open();
    const health = dial(listener.port);
    health.write(Buffer.from("0d0a0d0a000d0a515549540a20000000", "hex"));
    const own = (await accepted.next()).info;
    expect([own.remoteAddress, own.remotePort]).toEqual(["127.0.0.1", health.localPort]);
    dial(listener.port).write("PROXY UNKNOWN\r\n");
    expect((await accepted.next()).info.remoteAddress).toBe("127.0.0.1");
  });

  it("refuses connections from anybody but the trusted, unread", async () => {
    const { listener, accepted, logger } = await open({ proxyProtocol: { trusted: ["10.0.0.0/8", "fd00::/8"] } });
    const socket = dial(listener.port);
    socket.write(header);
    await closed(socket);
    expect(accepted.all).toEqual([]);
    expect(logger.lines).toEqual(["debug connection refused, proxy protocol"]);
    const overSix = await open({ address: "[::1]:0", proxyProtocol: { trusted: ["fd00::/8", "127.0.0.0/8"] } });
    await closed(dial(overSix.listener.port, "::1"));
    expect(overSix.accepted.all).toEqual([]);
  });

  it("closes when the header is malformed or missing, or the proxy leaves in it", async () => {
    const { listener, accepted, logger } = await open();
    const rubbish = dial(listener.port);
    rubbish.write("\x10\x0c\x00\x04MQTT");
    await closed(rubbish);
    const half = dial(listener.port);
    half.end("PROXY TC");
    await closed(half);
    const reset = dial(listener.port);
    reset.write("PROXY TC", () => reset.resetAndDestroy());
    await closed(reset);
    expect(logger.lines).toEqual([
      "debug connection refused, proxy protocol",
      "debug connection refused, proxy protocol",
    ]);
    expect(accepted.all).toEqual([]);
  });

  it("closes when the header does not come in time", async () => {
    const { listener, accepted } = await open({}, 50);
    const socket = dial(listener.port);
    socket.write("PROXY TC");
    await closed(socket);
    expect(accepted.all).toEqual([]);
  });

  it.each([["127.0.0.1/33"], ["127.0.0.1/"], ["127.0.0.1/8/8"], ["localhost"], ["::1/129"]])(
    "refuses to trust %s",
    async (network) => {
      await expect(open({ proxyProtocol: { trusted: [network] } })).rejects.toMatchObject({
        message: `listeners.proxy_protocol.trusted: "${network}" is neither an address nor a network`,
      });
    },
  );

  it("refuses to trust nobody", async () => {
    await expect(open({ proxyProtocol: { trusted: [] } })).rejects.toMatchObject({
      message: "listeners.proxy_protocol.trusted: names no proxy",
    });
  });
});

describe("a TLS listener behind a proxy", () => {
  const tls = { cert: "server.crt", key: "server.key", verify: false, usernameFromCommonName: false };

  it.each(["together with", "before"])("reads the header that comes %s the handshake", async (when) => {
    const { listener, accepted } = await open({ tls });
    const socket = dial(listener.port);
    await once(socket, "connect");
    if (when === "before") {
      socket.write(header);
      await new Promise((resolve) => setImmediate(resolve));
    } else {
      // Both in one segment: the beginning of the handshake must not be lost with the header.
      socket.cork();
      socket.write(header);
    }
    const secured = connectTls({ socket, servername: "localhost", ca: authority.cert });
    socket.uncork();
    await once(secured, "secureConnect");
    const transport = await accepted.next();
    expect(transport.info).toMatchObject({ ...client, kind: "tls" });
    const recorder = new Recorder(transport);
    secured.write("hello");
    await recorder.hasText("hello");
    transport.write([Buffer.from("answer")]);
    expect(String((await once(secured, "data"))[0])).toBe("answer");
  });

  it("hands a handshake over that arrived in the header's own segment", async () => {
    const { listener, accepted } = await open({ tls });
    const hello = await clientHello();
    const socket = dial(listener.port);
    socket.write(Buffer.concat([Buffer.from(header), hello]));
    // The server's answer to the greeting: a handshake record.
    expect(((await once(socket, "data")) as [Buffer])[0][0]).toBe(0x16);
    expect(accepted.all).toEqual([]);
  });
});

/** The first bytes that a TLS client sends. */
async function clientHello(): Promise<Buffer> {
  const { createServer } = await import("node:net");
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  undo.push(() => server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("not bound");
  const incoming = once(server, "connection");
  const secured = connectTls({ port: address.port, host: "127.0.0.1", servername: "localhost", ca: authority.cert });
  secured.on("error", () => {});
  undo.push(() => secured.destroy());
  const [socket] = (await incoming) as [Socket];
  undo.push(() => socket.destroy());
  return ((await once(socket, "data")) as [Buffer])[0];
}

describe("a WebSocket listener behind a proxy", () => {
  it("reads the header before the request", async () => {
    const { listener, accepted } = await open({
      websocket: { path: "/", allowedOrigins: [], requireSubprotocol: false },
    });
    const webSocket = new WebSocket("ws://127.0.0.1/", "mqtt", {
      createConnection: () => {
        const socket = dial(listener.port);
        socket.write(header);
        return socket;
      },
    });
    undo.push(() => webSocket.terminate());
    await once(webSocket, "open");
    const transport = await accepted.next();
    expect(transport.info).toMatchObject({ ...client, kind: "websocket" });
    const recorder = new Recorder(transport);
    webSocket.send(Buffer.from("hello"));
    await recorder.hasText("hello");
    transport.end();
    await once(webSocket, "close");
  });

  it("takes a request in the header's own segment, with frames behind it", async () => {
    const { listener, accepted } = await open({
      websocket: { path: "/", allowedOrigins: [], requireSubprotocol: false },
    });
    const socket = dial(listener.port);
    const request =
      "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    // A masked binary frame, the mask all zero.
    socket.write(Buffer.concat([Buffer.from(header + request), Buffer.of(0x82, 0x82, 0, 0, 0, 0), Buffer.from("hi")]));
    const transport = await accepted.next();
    expect(transport.info).toMatchObject(client);
    await new Recorder(transport).hasText("hi");
  });
});

describe("a secure WebSocket listener behind a proxy", () => {
  it("knows the client's address", async () => {
    const { listener, accepted } = await open({
      tls: { cert: "server.crt", key: "server.key", verify: false, usernameFromCommonName: false },
      websocket: { path: "/", allowedOrigins: [], requireSubprotocol: false },
    });
    const webSocket = new WebSocket("wss://localhost/", "mqtt", {
      createConnection: () => {
        const socket = dial(listener.port);
        socket.write(header);
        return connectTls({ socket, servername: "localhost", ca: authority.cert });
      },
    });
    undo.push(() => webSocket.terminate());
    await once(webSocket, "open");
    expect((await accepted.next()).info).toMatchObject({ ...client, kind: "secure-websocket" });
  });
});
