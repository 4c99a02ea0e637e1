/** The ways to a broker: TCP, TLS, WebSocket. */

import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { WebSocketWire } from "./websocket-wire.ts";
import type { Endpoint, Wire, WireEvents } from "./wire.ts";

/** One buffer for all: what is read is dealt with before the next read. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);

/** Loopback addresses to connect from, so that no address runs out of ports. */
const SOURCES = process.platform === "linux" ? 200 : 1;
let sources = 0;

/** Connects; rejects when that fails. */
export function dial(endpoint: Endpoint, events: WireEvents): Promise<Wire> {
  if (endpoint.transport === "tls") return dialTls(endpoint, events);
  if (endpoint.transport === "tcp") return dialTcp(endpoint, events);
  return WebSocketWire.open(endpoint, (plainEvents) => dialTcp(endpoint, plainEvents), events);
}

function dialTcp({ port }: Endpoint, events: WireEvents): Promise<Wire> {
  const localAddress = `127.0.0.${1 + (sources++ % SOURCES)}`;
  const onread = {
    buffer: READ_BUFFER,
    callback: (length: number, bytes: Uint8Array): boolean => {
      events.onBytes(bytes, 0, length);
      return true;
    },
  };
  const socket = connect({ port, host: "127.0.0.1", localAddress, noDelay: true, onread });
  return established(socket, "connect", events);
}

function dialTls({ port }: Endpoint, events: WireEvents): Promise<Wire> {
  const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  socket.setNoDelay(true);
  socket.on("data", (chunk: Buffer) => events.onBytes(chunk, 0, chunk.length));
  return established(socket, "secureConnect", events);
}

function established(socket: Socket, event: string, events: WireEvents): Promise<Wire> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once(event, () => {
      socket.on("error", () => {});
      socket.on("drain", () => events.onDrain());
      socket.on("close", () => events.onClose());
      resolve({
        write: (bytes) => void socket.write(bytes),
        end: () => void socket.end(),
        get backlog(): number {
          return socket.writableLength;
        },
      });
    });
  });
}
