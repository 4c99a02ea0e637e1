import { once } from "node:events";
import { createServer as createHttpServer, request as httpRequest } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import WebSocket, { type ClientOptions } from "ws";
import { Accepted, Certificates, openDoor, Recorder, RecordingLogger } from "../../test/listener-fixtures.ts";
import type { ListenerConfig } from "../config/index.ts";
import { attachToHttpServer } from "./attach.ts";
import { openListener } from "./open-listener.ts";
import type { Listener } from "./transport.ts";

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

interface Opened {
  readonly listener: Listener;
  readonly accepted: Accepted;
  readonly logger: RecordingLogger;
}

async function open(
  websocket: Partial<NonNullable<ListenerConfig["websocket"]>> = {},
  options: { readonly openingTimeout?: number; readonly maximumPayload?: () => number } = {},
): Promise<Opened> {
  const accepted = new Accepted();
  const logger = new RecordingLogger();
  const listener = await openListener(
    {
      address: "127.0.0.1:0",
      backlog: 511,
      websocket: { path: "/", allowedOrigins: [], requireSubprotocol: false, ...websocket },
    },
    { baseDirectory: "/", accept: accepted.accept, door: openDoor, logger, maximumPayload: () => 1024, ...options },
  );
  undo.push(() => listener.close());
  return { listener, accepted, logger };
}

function dial(port: number, path = "/", protocols: string[] = ["mqtt"], options: ClientOptions = {}): WebSocket {
  const client = new WebSocket(`ws://127.0.0.1:${port}${path}`, protocols, options);
  client.on("error", () => {});
  undo.push(() => client.terminate());
  return client;
}

async function refusal(client: WebSocket): Promise<number | undefined> {
  const [, response] = (await once(client, "unexpected-response")) as [unknown, { statusCode?: number }];
  return response.statusCode;
}

async function pair(options: { readonly maximumPayload?: () => number } = {}): Promise<{
  readonly client: WebSocket;
  readonly raw: Socket;
  readonly recorder: Recorder;
}> {
  const { listener, accepted } = await open({}, options);
  const client = dial(listener.port);
  let raw: Socket | undefined;
  client.on("upgrade", (response) => {
    raw = response.socket;
  });
  await once(client, "open");
  if (raw === undefined) throw new Error("no upgrade");
  return { client, raw, recorder: new Recorder(await accepted.next()) };
}

function collect(client: WebSocket): { readonly messages: Buffer[]; readonly text: () => string } {
  const messages: Buffer[] = [];
  client.on("message", (data) => messages.push(data as Buffer));
  return { messages, text: () => Buffer.concat(messages).toString("latin1") };
}

const closing = (client: WebSocket): Promise<[number, Buffer]> => once(client, "close") as Promise<[number, Buffer]>;

describe("a WebSocket listener", () => {
  it("accepts clients only behind the upgrade, and describes them", async () => {
    const { listener, accepted } = await open();
    expect(listener.kind).toBe("websocket");
    const raw = connectTcp(listener.port, "127.0.0.1");
    undo.push(() => raw.destroy());
    await once(raw, "connect");
    const client = dial(listener.port, "/mqtt?token=x");
    await once(client, "open");
    expect(accepted.all).toHaveLength(1);
    expect((await accepted.next()).info).toMatchObject({
      kind: "websocket",
      listener: "127.0.0.1:0",
      remoteAddress: "127.0.0.1",
      localPort: listener.port,
    });
  });

  it("joins what comes in frames split anywhere, fragmented or empty [MQTT-6.0.0-2]", async () => {
    const { client, recorder } = await pair();
    client.send(Buffer.from("a"));
    client.send(Buffer.alloc(0));
    client.send(Buffer.from("bc"), { fin: false });
    client.send(Buffer.alloc(0), { fin: false });
    client.send(Buffer.from("d"), { fin: true });
    client.send(Buffer.from("ef"));
    await recorder.hasText("abcdef");
    expect(recorder.chunks.every((chunk) => chunk.length > 0)).toBe(true);
  });

  it("joins what comes byte by byte on the wire", async () => {
    const { client, raw, recorder } = await pair();
    // ws writes through the socket; here its bytes are held back and let go one at a time.
    const wire: Buffer[] = [];
    const write = raw.write.bind(raw);
    raw.write = ((chunk: Buffer) => wire.push(chunk)) as unknown as typeof raw.write;
    client.send(Buffer.alloc(300, "x"));
    for (const byte of Buffer.concat(wire)) {
      write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await recorder.until(() => recorder.bytes === 300);
  });

  it("sends small segments as one message, large ones as fragments of one", async () => {
    const { client, recorder } = await pair();
    const received = collect(client);
    const { transport } = recorder;
    transport.write([Buffer.from("one")]);
    transport.write([Buffer.from("two"), Buffer.from(" three")]);
    transport.write([Buffer.from("head "), Buffer.alloc(100_000, "p"), Buffer.from(" tail")]);
    transport.write([]);
    transport.write([Buffer.alloc(0), Buffer.alloc(0)]);
    transport.end();
    expect(transport.write([Buffer.from("too late")])).toBe(true);
    const [code] = await closing(client);
    expect(code).toBe(1000);
    expect(received.messages.map((message) => message.length)).toEqual([3, 9, 100_010]);
    expect(received.text()).toBe(`onetwo threehead ${"p".repeat(100_000)} tail`);
    await recorder.closed();
    expect([recorder.ends, recorder.closes]).toEqual([1, [undefined]]);
  });

  it("still reads after it has ended its own direction", async () => {
    const { client, recorder } = await pair();
    recorder.transport.end();
    recorder.transport.end();
    client.send(Buffer.from("last words"));
    await recorder.closed();
    expect(recorder.text).toBe("last words");
  });

  it("answers false while the peer is frozen, and tells once when all is taken", async () => {
    const { client, recorder } = await pair();
    const { transport } = recorder;
    const received = collect(client);
    client.pause();
    const chunk = Buffer.alloc(65_536);
    let sent = 0;
    do sent += chunk.length;
    while (transport.write([chunk]));
    const buffered = transport.bufferedBytes;
    expect(transport.write([chunk, chunk])).toBe(false);
    sent += 2 * chunk.length;
    expect(transport.bufferedBytes).toBeGreaterThanOrEqual(buffered + 2 * chunk.length);
    expect(recorder.drains).toBe(0);
    client.resume();
    await recorder.until(() => recorder.drains > 0);
    expect(transport.bufferedBytes).toBe(0);
    transport.end();
    await closing(client);
    expect(received.text().length).toBe(sent);
    expect(recorder.drains).toBe(1);
  });

  it("reads nothing while paused, not even what one read had brought", async () => {
    const { client, recorder } = await pair();
    const { transport } = recorder;
    transport.pause();
    transport.resume();
    client.send(Buffer.from("before"));
    await recorder.hasText("before");
    transport.pause();
    const chunk = Buffer.alloc(1024);
    const raw = client as unknown as { readonly _socket: Socket };
    while (raw._socket.writableLength === 0) client.send(chunk);
    await new Promise((resolve) => setImmediate(resolve));
    expect(recorder.text).toBe("before");
    transport.resume();
    await recorder.until(() => recorder.bytes > 1024);
  });

  it("stops between two messages of one read when told to", async () => {
    const { listener, accepted } = await open();
    const client = dial(listener.port);
    let raw: Socket | undefined;
    client.on("upgrade", (response) => {
      raw = response.socket;
    });
    const seen: string[] = [];
    const transport = await accepted.next();
    let wake = (): void => {};
    transport.start({
      onData: (chunk) => {
        seen.push(chunk.toString());
        transport.pause();
        wake();
      },
      onDrain: () => {},
      onEnd: () => {},
      onClose: () => {},
    });
    await once(client, "open");
    const next = async (): Promise<void> => {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      transport.resume();
      await woken;
    };
    raw?.cork();
    for (const text of ["one", "two", "", "three"]) client.send(Buffer.from(text));
    raw?.uncork();
    await next();
    expect(seen).toEqual(["one"]);
    await next();
    expect(seen).toEqual(["one", "two"]);
    await next();
    expect(seen).toEqual(["one", "two", "three"]);
    client.send(Buffer.from("four"));
    await next();
    expect(seen).toEqual(["one", "two", "three", "four"]);
  });

  it("keeps what came before the handler started", async () => {
    const { listener, accepted } = await open();
    const client = dial(listener.port);
    await once(client, "open");
    client.send(Buffer.from("early"));
    const transport = await accepted.next();
    await new Promise((resolve) => setImmediate(resolve));
    transport.pause();
    transport.resume();
    await new Recorder(transport).hasText("early");
  });

  it("tells the close to a handler that starts too late", async () => {
    const { listener, accepted } = await open();
    const client = dial(listener.port);
    const transport = await accepted.next();
    transport.destroy();
    await closing(client);
    const recorder = new Recorder(transport);
    await recorder.closed();
    expect(recorder.closes).toEqual([undefined]);
  });

  it("closes text frames with 1003 and hears no more [MQTT-6.0.0-1]", async () => {
    const { client, recorder } = await pair();
    client.send("text");
    client.send(Buffer.from("binary"));
    expect(await closing(client)).toEqual([1003, Buffer.from("binary frames only")]);
    await recorder.closed();
    expect(recorder.bytes).toBe(0);
    expect(recorder.closes).toEqual([new Error("a text frame came where MQTT allows only binary ones")]);
  });

  it("closes what is no WebSocket frame, and tells why", async () => {
    const { raw, client, recorder } = await pair();
    raw.write(Buffer.of(0x82, 0x01, 0x00));
    expect((await closing(client))[0]).toBe(1002);
    await recorder.closed();
    expect(recorder.closes).toMatchObject([{ code: "WS_ERR_EXPECTED_MASK" }]);
  });

  it("takes a message as large as the largest packet, and none above", async () => {
    const { client, recorder } = await pair({ maximumPayload: () => 2_000_000 });
    recorder.transport.liftConnectLimit?.();
    client.send(Buffer.alloc(2_000_005));
    await recorder.until(() => recorder.bytes === 2_000_005);
    client.send(Buffer.alloc(2_000_006));
    expect((await closing(client))[0]).toBe(1009);
  });

  it("asks for the limit at each connection, so that a reload counts for new ones", async () => {
    let limit = 2_000_000;
    const { listener, accepted } = await open({}, { maximumPayload: () => limit });
    limit = 3_000_000;
    const client = dial(listener.port);
    await once(client, "open");
    const recorder = new Recorder(await accepted.next());
    recorder.transport.liftConnectLimit?.();
    client.send(Buffer.alloc(3_000_005));
    await recorder.until(() => recorder.bytes === 3_000_005);
  });

  it("holds no more than a CONNECT for a client that nobody knows, whatever was announced [hard case 1]", async () => {
    const { client, raw, recorder } = await pair({ maximumPayload: () => 268_435_460 });
    // The head of a frame of 200 MiB, masked with zeros; its payload begins, and is cut off soon.
    raw.write(Buffer.of(0x82, 0xff, 0, 0, 0, 0, 0x0c, 0x80, 0, 0, 0, 0, 0, 0));
    let written = 0;
    while (!recorder.closes.length && written < 64 * 1024 * 1024) {
      if (!raw.write(Buffer.alloc(65_536)))
        await Promise.race([once(raw, "drain"), closing(client), recorder.closed()]);
      written += 65_536;
    }
    await recorder.closed();
    expect(recorder.closes).toEqual([new Error("a message of more than 1048576 bytes before CONNECT")]);
    expect([recorder.bytes, written < 64 * 1024 * 1024]).toEqual([0, true]);
  });

  it("tells a reset, and is destroyed twice without harm", async () => {
    const reset = await pair();
    reset.raw.resetAndDestroy();
    await reset.recorder.closed();
    expect(reset.recorder.closes).toMatchObject([{ code: "ECONNRESET" }]);
    const gone = await pair();
    gone.client.pause();
    while (gone.recorder.transport.write([Buffer.alloc(65_536)]));
    gone.recorder.transport.destroy();
    gone.recorder.transport.destroy();
    await gone.recorder.closed();
    expect([gone.recorder.closes, gone.recorder.ends, gone.recorder.drains]).toEqual([[undefined], 0, 0]);
    expect(gone.recorder.transport.write([Buffer.from("x")])).toBe(true);
    gone.recorder.transport.pause();
    gone.recorder.transport.resume();
  });

  it("hands over nothing more once it is destroyed in the middle of a read", async () => {
    const { listener, accepted } = await open();
    const client = dial(listener.port);
    let raw: Socket | undefined;
    client.on("upgrade", (response) => {
      raw = response.socket;
    });
    await once(client, "open");
    const transport = await accepted.next();
    const seen: string[] = [];
    const closed = new Promise<Error | undefined>((resolve) => {
      transport.start({
        onData: (chunk) => {
          seen.push(chunk.toString());
          transport.destroy();
        },
        onDrain: () => {},
        onEnd: () => {},
        onClose: resolve,
      });
    });
    raw?.cork();
    client.send(Buffer.from("one"), { fin: false });
    client.send(Buffer.from("two"));
    client.send(Buffer.from("three"));
    client.send("not even this is an error any more");
    raw?.uncork();
    expect(await closed).toBeUndefined();
    expect(seen).toEqual(["one"]);
  });
});

describe("WebSocket subprotocols", () => {
  it.each([
    [["mqtt"], "mqtt"],
    [["mqttv3.1", "mqtt"], "mqtt"],
    [["mqttv3.1"], "mqttv3.1"],
    [["x", "mqttv3.1"], "mqttv3.1"],
    [[], ""],
  ])("of an offer of %j takes %j", async (offered, taken) => {
    const { listener } = await open();
    const client = dial(listener.port, "/", offered);
    await once(client, "open");
    expect(client.protocol).toBe(taken);
  });

  it("refuses an offer of foreign ones only, and of none where one is required", async () => {
    const { listener, accepted, logger } = await open();
    expect(await refusal(dial(listener.port, "/", ["soap", "wamp"]))).toBe(400);
    expect(logger.lines).toEqual(["debug websocket without the subprotocol mqtt"]);
    expect(accepted.all).toEqual([]);
    const strict = await open({ requireSubprotocol: true });
    expect(await refusal(dial(strict.listener.port, "/", []))).toBe(400);
    await once(dial(strict.listener.port, "/", ["mqtt"]), "open");
  });
});

describe("WebSocket origins", () => {
  it("lets in only the listed ones, whatever their case, and clients that are no browsers", async () => {
    const { listener, logger } = await open({ allowedOrigins: ["https://Example.org"] });
    await once(dial(listener.port, "/", ["mqtt"], { origin: "https://example.ORG" }), "open");
    await once(dial(listener.port), "open");
    expect(await refusal(dial(listener.port, "/", ["mqtt"], { origin: "https://example.com" }))).toBe(403);
    expect(logger.lines).toEqual(["debug websocket from an origin that is not allowed"]);
  });

  it("lets in all where none is listed", async () => {
    const { listener } = await open();
    await once(dial(listener.port, "/", ["mqtt"], { origin: "https://example.com" }), "open");
  });
});

describe("WebSocket paths", () => {
  it.each([
    ["/", "/", true],
    ["/", "/mqtt", true],
    ["/mqtt", "/mqtt", true],
    ["/mqtt", "/mqtt?x=/y", true],
    ["/mqtt", "/", false],
    ["/mqtt", "/mqtt/", false],
    ["/mqtt", "/mqtt2", false],
    ["/mqtt/", "/mqtt/a", true],
    ["/mqtt/", "/mqtt", false],
  ])("of a listener at %s: %s", async (path, asked, taken) => {
    const { listener } = await open({ path });
    const client = dial(listener.port, asked);
    if (taken) await once(client, "open");
    else expect(await refusal(client)).toBe(404);
  });
});

describe("HTTP at a WebSocket listener", () => {
  it("answers 426 to ordinary requests and closes", async () => {
    const { listener, accepted } = await open();
    const request = httpRequest({ port: listener.port, host: "127.0.0.1", method: "POST" });
    request.end("body");
    const [response] = await once(request, "response");
    expect(response.statusCode).toBe(426);
    expect(response.headers).toMatchObject({ upgrade: "websocket", connection: "Upgrade, close" });
    response.resume();
    await once(response, "close");
    expect(accepted.all).toEqual([]);
  });

  it("refuses what is no HTTP, and upgrades to something else", async () => {
    const { listener, logger } = await open();
    expect(await converse(listener.port, "\x10\x0c\x00\x04MQTT\x04\x02\x00\x00\x00\x00")).toMatch(/^HTTP\/1\.1 400 /);
    expect(logger.lines).toEqual(["debug http request refused"]);
    const upgrade = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    expect(await converse(listener.port, upgrade)).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("closes connections that don't ask for an upgrade in time", async () => {
    const { listener } = await open({}, { openingTimeout: 50 });
    expect(await converse(listener.port, "GET / HTTP/1.1\r\nHo")).toBe("");
  });

  it("closes connections that wait for their upgrade when the listener is closed", async () => {
    const { listener } = await open();
    const waiting = converse(listener.port, "GET / HTTP/1.1\r\n");
    await once(dial(listener.port), "open");
    await listener.close();
    expect(await waiting).toBe("");
  });
});

/** Sends bytes over TCP and returns all that comes back until the connection is closed. */
async function converse(port: number, bytes: string): Promise<string> {
  const socket = connectTcp(port, "127.0.0.1");
  undo.push(() => socket.destroy());
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  socket.on("error", () => {});
  socket.write(bytes);
  await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(received).toString("latin1");
}

describe("a secure WebSocket listener", () => {
  it("carries bytes both ways and knows the client's certificate", async () => {
    const certificates = new Certificates();
    undo.push(() => certificates.remove());
    const authority = certificates.authority("authority");
    certificates.signed("server", "/CN=localhost", authority);
    const device = certificates.signed("device", "/CN=device-7", authority);
    const accepted = new Accepted();
    const listener = await openListener(
      {
        address: "127.0.0.1:0",
        backlog: 511,
        tls: {
          cert: "server.crt",
          key: "server.key",
          cacert: "authority.crt",
          verify: true,
          usernameFromCommonName: true,
        },
        websocket: { path: "/", allowedOrigins: [], requireSubprotocol: true },
      },
      {
        baseDirectory: certificates.directory,
        accept: accepted.accept,
        door: openDoor,
        logger: new RecordingLogger(),
        maximumPayload: () => 1024,
      },
    );
    undo.push(() => listener.close());
    expect(listener.kind).toBe("secure-websocket");
    const client = new WebSocket(`wss://localhost:${listener.port}/`, "mqtt", {
      ca: authority.cert,
      cert: device.cert,
      key: device.key,
    });
    undo.push(() => client.terminate());
    await once(client, "open");
    const transport = await accepted.next();
    expect(transport.info).toMatchObject({ kind: "secure-websocket", certificateUsername: "device-7" });
    const recorder = new Recorder(transport);
    client.send(Buffer.from("hello"));
    await recorder.hasText("hello");
    transport.write([Buffer.from("world")]);
    expect(String((await once(client, "message"))[0])).toBe("world");
  });
});

describe("attaching to an HTTP server", () => {
  async function attached(): Promise<{ port: number; accepted: Accepted; detach: () => void; foreign: string[] }> {
    const server = createHttpServer((_request, response) => response.end("the program's own page"));
    const accepted = new Accepted();
    const detach = attachToHttpServer(server, {
      path: "/mqtt",
      allowedOrigins: [],
      requireSubprotocol: false,
      listener: "embedded",
      accept: accepted.accept,
      logger: new RecordingLogger(),
      maximumPayload: 1024,
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    undo.push(() => {
      server.close();
      server.closeAllConnections();
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("not bound");
    const foreign: string[] = [];
    undo.push(() => server.removeAllListeners("upgrade"));
    return {
      port: address.port,
      accepted,
      detach: () => {
        server.on("upgrade", (request, socket) => {
          foreign.push(request.url ?? "");
          socket.end("HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n");
        });
        detach();
      },
      foreign,
    };
  }

  it("takes the upgrades for its path, and leaves the pages alone", async () => {
    const { port, accepted } = await attached();
    const client = dial(port, "/mqtt?x=1");
    await once(client, "open");
    const transport = await accepted.next();
    expect(transport.info).toMatchObject({ kind: "websocket", listener: "embedded", remoteAddress: "127.0.0.1" });
    const recorder = new Recorder(transport);
    client.send(Buffer.from("hello"));
    await recorder.hasText("hello");
    expect(await converse(port, "GET / HTTP/1.0\r\n\r\n")).toMatch(/the program's own page$/);
  });

  it("answers 404 for other paths where nobody else would, and takes none once detached", async () => {
    const { port, accepted, detach, foreign } = await attached();
    expect(await refusal(dial(port, "/chat"))).toBe(404);
    detach();
    expect(await refusal(dial(port, "/mqtt"))).toBe(409);
    expect(foreign).toEqual(["/mqtt"]);
    expect(accepted.all).toEqual([]);
  });

  it("leaves other paths to other listeners", async () => {
    const server = createHttpServer();
    const accepted = new Accepted();
    server.on("upgrade", (request, socket) => {
      if (request.url === "/chat") socket.end("HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n");
    });
    attachToHttpServer(server, { path: "/mqtt", accept: accepted.accept });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    undo.push(() => {
      server.close();
      server.closeAllConnections();
    });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("not bound");
    expect(await refusal(dial(address.port, "/chat"))).toBe(409);
    await once(dial(address.port, "/mqtt"), "open");
    expect(accepted.all.map(({ info }) => info.listener)).toEqual(["attached"]);
  });
});
