/** Listening on a TCP port; what comes in is passed on as a raw socket. */

import { createServer, type Server, type Socket } from "node:net";
import { makeSocketsWhole } from "./accepted-sockets.ts";
import type { TcpListenAddress } from "./address.ts";
import { formatAddress } from "./address.ts";
import { bind } from "./bind.ts";

/** A bound server socket, TCP or Unix. */
export interface BoundServer {
  readonly server: Server;
  /** As bound: `[::]:1883`, `unix:///run/mqtt.sock`. */
  readonly address: string;
  /** 0 for Unix sockets. */
  readonly port: number;
}

/** How a server socket is bound. */
export interface BindOptions {
  /** The address as configured, for errors. */
  readonly label: string;
  readonly backlog: number;
  readonly onSocket: (socket: Socket) => void;
}

/** A server socket with the settings that every kind of listener wants. */
export function createSocketServer(onSocket: (socket: Socket) => void): Server {
  // A client may close his direction behind his last packet and still wait for the answer to it.
  const allowHalfOpen = true;
  // Output is gathered per turn already; Nagle would only hold it back.
  const noDelay = true;
  const server = createServer({ allowHalfOpen, noDelay }, onSocket);
  server.once("listening", () => makeSocketsWhole(server, allowHalfOpen, noDelay));
  return server;
}

/**
 * Listens on a TCP address. Without a host: on IPv6 and IPv4, on IPv4 alone where the machine has no IPv6 (Node does so).
 *
 * @throws StartError when the address can't be had.
 */
export async function bindTcp(address: TcpListenAddress, options: BindOptions): Promise<BoundServer> {
  const server = createSocketServer(options.onSocket);
  const where = address.host === undefined ? {} : { host: address.host };
  await bind(server, { ...where, port: address.port, backlog: options.backlog }, options.label);
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("a TCP server has an address and a port");
  return { server, address: formatAddress(bound.address, bound.port), port: bound.port };
}
