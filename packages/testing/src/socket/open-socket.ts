/** Scripted clients over real sockets, for brokers that are seen from outside: another process, a listener under test. */

import { AssertionError } from "node:assert";
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import type { TransportInfo, TransportKind } from "@gmqtt/broker";
import { WebSocket } from "ws";
import type { ConnectOptions } from "../client/connect-options.ts";
import { describePacket } from "../client/describe-packet.ts";
import { RealPace, type RealPaceOptions } from "../client/pace.ts";
import { type OpenOptions, TestClient } from "../client/test-client.ts";
import { SocketTransport } from "./socket-transport.ts";
import { WebSocketClientTransport } from "./websocket-client-transport.ts";

/** How a real connection is made. Waiting is in real time: 5 s for what has to come, 100 ms for what must not. */
export interface SocketOptions extends OpenOptions, RealPaceOptions {
  /** For `mqtts:` and `wss:`: certificates, `rejectUnauthorized`, ALPN. */
  readonly tls?: ConnectionOptions;
  /** For `ws:` and `wss:`. Default: `["mqtt"]`. */
  readonly subprotocols?: readonly string[];
}

/**
 * Opens a connection without CONNECT. Addresses: `mqtt://127.0.0.1:1883`, `mqtts://...`, `ws://127.0.0.1:8083/`,
 * `wss://...`, `unix:///run/mqtt.sock`. Rejects when the connection can't be made.
 */
export async function openSocket(address: string, options: SocketOptions = {}): Promise<TestClient> {
  const url = new URL(address);
  const pace = new RealPace(options);
  switch (url.protocol) {
    case "mqtt:": {
      const socket = connectTcp({ ...hostAndPort(url), allowHalfOpen: true });
      return new TestClient(await whenOpen(socket, "connect", "tcp", address), pace, options);
    }
    case "mqtts:": {
      const half: ConnectionOptions & { allowHalfOpen: boolean } = { ...options.tls, allowHalfOpen: true };
      const socket = connectTls({ ...hostAndPort(url), ...half });
      return new TestClient(await whenOpen(socket, "secureConnect", "tls", address), pace, options);
    }
    case "unix:": {
      const socket = connectTcp({ path: decodeURIComponent(url.pathname), allowHalfOpen: true });
      return new TestClient(await whenOpen(socket, "connect", "unix", address), pace, options);
    }
    case "ws:":
    case "wss:": {
      const socket = new WebSocket(url, [...(options.subprotocols ?? ["mqtt"])], { ...options.tls });
      await once(socket, "open");
      const kind = url.protocol === "ws:" ? "websocket" : "secure-websocket";
      return new TestClient(new WebSocketClientTransport(socket, describe(kind, address)), pace, options);
    }
    default:
      throw new RangeError(`no client for ${url.protocol}, only for mqtt:, mqtts:, ws:, wss: and unix:`);
  }
}

/** Opens a connection and connects; fails when CONNECT is refused. */
export async function connectSocket(
  address: string,
  options: SocketOptions & ConnectOptions = {},
): Promise<TestClient> {
  const client = await openSocket(address, options);
  client.sendConnect(options);
  const connack = await client.next("connack");
  if (connack.reasonCode === 0) return client;
  throw new AssertionError({ message: `expected to be connected, but came ${describePacket(connack)}` });
}

async function whenOpen(socket: Socket, event: string, kind: TransportKind, address: string): Promise<SocketTransport> {
  await once(socket, event);
  return new SocketTransport(socket, describe(kind, address));
}

function hostAndPort(url: URL): { host: string; port: number } {
  const port = url.port === "" ? (url.protocol === "mqtts:" ? 8_883 : 1_883) : Number(url.port);
  return { host: url.hostname.replace(/^\[(.*)\]$/, "$1"), port };
}

function describe(kind: TransportKind, listener: string): TransportInfo {
  return { kind, listener, remoteAddress: "", remotePort: 0, localAddress: "", localPort: 0 };
}
