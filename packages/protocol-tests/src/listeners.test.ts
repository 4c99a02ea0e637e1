/** What every kind of connection has in common: onAccept comes first, is told who comes, and may turn him away. */

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { attachToHttpServer, type Broker, createBroker, type TransportInfo } from "@gmqtt/broker";
import { connectSocket, openSocket, type SocketOptions } from "@gmqtt/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plugin } from "./plugins.ts";

const folder = mkdtempSync(join(tmpdir(), "gmqtt-accept-"));
const unix = join(folder, "mqtt.sock");
const read = (name: string): Buffer => readFileSync(join(folder, name));
const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

let broker: Broker;
let http: Server;
let raw: Server;
/** Client of the running test: what onAccept was told of it, what onBasicAuth saw, and whether it is let in. */
let accepted: TransportInfo[] = [];
let usernames: (string | undefined)[] = [];
let welcome = true;

beforeAll(async () => {
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  const make = (name: string, subject: string, ...more: string[]) => {
    const out = ["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.crt`)];
    execFileSync("openssl", ["req", "-x509", ...kind, "-subj", subject, ...out, ...more], { stdio: "pipe" });
  };
  make("server", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1");
  make("device", "/CN=device-7");
  const tls = { cert: "server.crt", key: "server.key" };
  const address = "127.0.0.1:0";
  broker = createBroker({
    baseDirectory: folder,
    config: {
      sys: { interval: 0 },
      listeners: [
        { name: "tcp", address },
        ...(hasIPv6 ? [{ name: "tcp6", address: "[::1]:0" }] : []),
        { name: "tls", address, tls },
        { name: "mtls", address, tls: { ...tls, cacert: "device.crt", verify: true, usernameFromCommonName: true } },
        { name: "ws", address, websocket: {} },
        { name: "wss", address, websocket: {}, tls },
        { name: "unix", address: `unix://${unix}` },
        { name: "proxy", address, proxyProtocol: { trusted: ["127.0.0.1"] } },
      ],
    },
    plugins: [
      plugin({
        onAccept: (next) => (connection) => {
          accepted.push(connection);
          return welcome && next(connection);
        },
        onBasicAuth: (next) => (client, request) => {
          usernames.push(request.options.username);
          return next(client, request);
        },
      }),
    ],
  });
  await broker.start();
  http = createHttpServer().listen(0, "127.0.0.1");
  attachToHttpServer(http as ReturnType<typeof createHttpServer>, {
    path: "/mqtt",
    accept: (transport) => broker.acceptTransport(transport),
  });
  raw = createServer((socket) => broker.acceptStream(socket, { listener: "by hand" })).listen(0, "127.0.0.1");
  await Promise.all([once(http, "listening"), once(raw, "listening")]);
});

afterAll(async () => {
  await broker.stop();
  http.close();
  raw.close();
  rmSync(folder, { recursive: true });
});

const portOf = (name: string): number => broker.listeners.find((listener) => listener.name === name)?.port ?? 0;
const boundTo = (server: Server): number => (server.address() as AddressInfo).port;
const trusting = (): SocketOptions => ({ tls: { ca: read("server.crt") } });

interface Way {
  readonly name: string;
  readonly address: () => string;
  readonly options?: () => SocketOptions;
  /** What onAccept is told. */
  readonly told: Partial<TransportInfo>;
}

const local = { remoteAddress: "127.0.0.1", localAddress: "127.0.0.1" };
const ways: readonly Way[] = [
  { name: "TCP", address: () => `mqtt://127.0.0.1:${portOf("tcp")}`, told: { kind: "tcp", listener: "tcp", ...local } },
  ...(hasIPv6
    ? [
        {
          name: "TCP over IPv6",
          address: () => `mqtt://[::1]:${portOf("tcp6")}`,
          told: { kind: "tcp", listener: "tcp6", remoteAddress: "::1" } as const,
        },
      ]
    : []),
  {
    name: "TLS",
    address: () => `mqtts://localhost:${portOf("tls")}`,
    options: trusting,
    told: { kind: "tls", listener: "tls", ...local, certificate: undefined },
  },
  {
    name: "mutual TLS",
    address: () => `mqtts://localhost:${portOf("mtls")}`,
    options: () => ({ tls: { ca: read("server.crt"), cert: read("device.crt"), key: read("device.key") } }),
    told: { kind: "tls", listener: "mtls", certificateUsername: "device-7" },
  },
  { name: "WebSocket", address: () => `ws://127.0.0.1:${portOf("ws")}/`, told: { kind: "websocket", ...local } },
  {
    name: "secure WebSocket",
    address: () => `wss://localhost:${portOf("wss")}/`,
    options: trusting,
    told: { kind: "secure-websocket", listener: "wss", ...local },
  },
  {
    name: "a Unix socket",
    address: () => `unix://${unix}`,
    told: { kind: "unix", listener: "unix", remoteAddress: "" },
  },
  {
    name: "an HTTP server of somebody else",
    address: () => `ws://127.0.0.1:${boundTo(http)}/mqtt`,
    told: { kind: "websocket", listener: "attached", ...local },
  },
  {
    name: "a stream fed in by hand",
    address: () => `mqtt://127.0.0.1:${boundTo(raw)}`,
    told: { kind: "stream", listener: "by hand", ...local },
  },
];

describe.each(ways)("a connection over $name", ({ address, options, told }) => {
  it("is told to onAccept before a byte of it is read, and then works", async () => {
    [accepted, usernames, welcome] = [[], [], true];
    const client = await openSocket(address(), options?.());
    await expect.poll(() => accepted.length).toBe(1);
    expect(accepted[0]).toMatchObject(told);
    expect(usernames).toEqual([]);
    client.sendConnect({ username: "somebody" });
    expect(await client.next("connack")).toMatchObject({ reasonCode: 0 });
    // With mutual TLS the certificate says who it is, whatever CONNECT says.
    expect(usernames).toEqual([told.certificateUsername ?? "somebody"]);
    expect(accepted[0]?.certificate?.subject.CN).toBe(told.certificateUsername);
    // Larger than a CONNECT may be, from one who has introduced himself.
    await client.publish("large", Buffer.alloc(1_500_000), { qos: 1 });
    await client.disconnect();
  });

  it("is closed without an answer when onAccept says no", async () => {
    [accepted, usernames, welcome] = [[], [], false];
    await expect(connectSocket(address(), options?.())).rejects.toThrow();
    expect([accepted.length, usernames]).toEqual([1, []]);
  });
});

describe("a connection behind a proxy", () => {
  const connectPacket = Buffer.from("101000044d5154540402003c000470726f78", "hex");

  it("is told to onAccept with the address of the original client, and is worth what onAccept says of that", async () => {
    for (welcome of [true, false]) {
      accepted = [];
      const socket = connect(portOf("proxy"), "127.0.0.1");
      socket.write("PROXY TCP4 192.0.2.7 192.0.2.1 40000 1883\r\n");
      socket.write(connectPacket);
      const answer = await Promise.race([once(socket, "data"), once(socket, "close").then(() => [Buffer.alloc(0)])]);
      expect((answer[0] as Buffer).toString("hex")).toBe(welcome ? "20020000" : "");
      expect(accepted).toEqual([expect.objectContaining({ remoteAddress: "192.0.2.7", remotePort: 40_000 })]);
      socket.destroy();
    }
  });
});
