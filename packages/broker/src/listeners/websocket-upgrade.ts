/** Deciding about a request for a WebSocket (RFC 6455, section 4.2) and making a transport of it. */

import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Logger } from "../logger.ts";
import type { AcceptTransport, TransportInfo } from "./transport.ts";
import { WebSocketTransport } from "./websocket-transport.ts";

/** What upgrades are subject to. */
export interface WebSocketUpgradeOptions {
  /** Origins that browsers may come from, such as `https://example.org`; none: all. Without the header: not a browser, let in. */
  readonly allowedOrigins: readonly string[];
  /** Whether a client that offers no subprotocol is refused, as [MQTT-6.0.0-3] would have it; many old ones offer none. */
  readonly requireSubprotocol: boolean;
  readonly listener: string;
  readonly accept: AcceptTransport;
  readonly logger: Logger;
  /** Largest MQTT packet in bytes; asked for each connection. */
  readonly maximumPayload: () => number;
}

/** In the order of our preference. */
const subprotocols = ["mqtt", "mqttv3.1"] as const;

/** Small packets may be joined to a message above the limit of one packet; this much is always allowed. */
const smallestMessageLimit = 1_048_576;
/** Fixed header of an MQTT packet at its longest. */
const fixedHeaderBytes = 5;
/** Milliseconds that the closing handshake may take. */
const closeTimeout = 5000;

/** Upgrades requests that somebody else's HTTP server received. */
export class WebSocketUpgrade {
  readonly #options: WebSocketUpgradeOptions;
  readonly #server: WebSocketServer;
  readonly #origins: ReadonlySet<string>;

  constructor(options: WebSocketUpgradeOptions) {
    this.#options = options;
    this.#origins = new Set(options.allowedOrigins.map((origin) => origin.toLowerCase()));
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      handleProtocols: (offered) => subprotocols.find((name) => offered.has(name)) ?? false,
      closeTimeout,
    } as ConstructorParameters<typeof WebSocketServer>[0]);
  }

  /** Answers the request; `describe` is asked only when the connection becomes a transport. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, describe: () => TransportInfo): void {
    const { requireSubprotocol, listener, accept, logger } = this.#options;
    const origin = request.headers.origin?.toLowerCase();
    const offered = request.headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim());
    if (this.#origins.size > 0 && origin !== undefined && !this.#origins.has(origin)) {
      logger.debug({ listener, origin }, "websocket from an origin that is not allowed");
      refuseUpgrade(socket, 403, "origin not allowed");
      return;
    }
    if (offered === undefined ? requireSubprotocol : !subprotocols.some((name) => offered.includes(name))) {
      logger.debug({ listener, offered }, "websocket without the subprotocol mqtt");
      refuseUpgrade(socket, 400, "offer the subprotocol mqtt");
      return;
    }
    // ws hands over whole messages, so this is what one connection can make it hold: no more than the decoder may.
    this.#server.options.maxPayload = Math.max(this.#options.maximumPayload() + fixedHeaderBytes, smallestMessageLimit);
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      accept(new WebSocketTransport(webSocket, socket, describe()));
    });
  }
}

/** Answers an upgrade that will not be: one line in plain text, then the connection is closed. */
export function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`;
  socket.on("error", () => {});
  socket.once("finish", () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/**
 * Whether a request's path is a listener's. A configured path with a closing slash stands for all below it, so that
 * the default `/` takes clients that come to `/mqtt`, as gmqtt's does.
 */
export function matchesPath(configured: string, url: string | undefined): boolean {
  const path = (url ?? "").split("?", 1)[0] ?? "";
  return path === configured || (configured.endsWith("/") && path.startsWith(configured));
}
