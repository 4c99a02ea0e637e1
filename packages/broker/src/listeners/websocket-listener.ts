/** Taking connections as WebSockets: an HTTP server that knows no other answer than an upgrade. */

import { createServer, type Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Opening } from "./opening.ts";
import type { TransportKind } from "./transport.ts";
import { matchesPath, refuseUpgrade, WebSocketUpgrade, type WebSocketUpgradeOptions } from "./websocket-upgrade.ts";

/** What a WebSocket step is made of. */
export interface WebSocketStepOptions extends WebSocketUpgradeOptions {
  /** Requests for other paths get 404; `/mqtt` means itself, `/` and `/mqtt/` all below too. */
  readonly path: string;
  readonly kind: TransportKind;
}

/** Reads the HTTP request of connections that somebody else accepted and secured; binds nothing itself. */
export class WebSocketStep {
  readonly #http: Server;
  readonly #openings = new WeakMap<Duplex, Opening>();

  constructor(options: WebSocketStepOptions) {
    const { path, kind, listener, logger } = options;
    const upgrade = new WebSocketUpgrade(options);
    this.#http = createServer((_request, response) => {
      response.writeHead(426, { Upgrade: "websocket", Connection: "Upgrade, close", "Content-Type": "text/plain" });
      response.end("this is an MQTT broker: WebSocket only\n");
    });
    this.#http.on("upgrade", (request, socket, head) => {
      const opening = this.#openings.get(socket);
      if (opening === undefined || !matchesPath(path, request.url)) {
        logger.debug({ listener, path: request.url }, "websocket for a path that is not served");
        refuseUpgrade(socket, 404, "no such path");
        return;
      }
      upgrade.upgrade(request, socket, head, () => opening.complete(kind, listener));
    });
    this.#http.on("clientError", (error, socket) => {
      logger.debug({ listener, err: error }, "http request refused");
      refuseUpgrade(socket, 400, "not a request that could be read");
    });
  }

  /** Waits for the request on a socket; the opening's deadline bounds the wait. */
  upgrade(socket: Socket, opening: Opening): void {
    this.#openings.set(socket, opening);
    this.#http.emit("connection", socket);
  }
}
