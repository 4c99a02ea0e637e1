/** Connections that the embedding program receives: from its own HTTP server, or as a stream of any origin. */

import type { IncomingMessage, Server } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { type Logger, silentLogger } from "../logger.ts";
import { type Addresses, addressesOf } from "./opening.ts";
import { StreamTransport } from "./stream-transport.ts";
import type { AcceptTransport, RawStream, Transport, TransportInfo } from "./transport.ts";
import { refuseUpgrade, WebSocketUpgrade, type WebSocketUpgradeOptions } from "./websocket-upgrade.ts";

/** Bytes after the fixed header at most (MQTT 5.0 section 2.1.4). */
const LARGEST_PACKET = 268_435_455;

/** How a broker is attached to an HTTP server. */
export interface AttachOptions extends Partial<Omit<WebSocketUpgradeOptions, "maximumPayload">> {
  /** The one path whose upgrades the broker takes, exactly as requested, without the query: `/mqtt`. */
  readonly path: string;
  /** Where connections go: `(transport) => broker.acceptTransport(transport)`. */
  readonly accept: AcceptTransport;
  /** Default: all origins. */
  readonly allowedOrigins?: readonly string[];
  /** Default: false. */
  readonly requireSubprotocol?: boolean;
  /** What the connections say where they came in. Default: `attached`. */
  readonly listener?: string;
  /** Gets a line, at debug, for what is refused. Default: says nothing. */
  readonly logger?: Logger;
  /** Largest MQTT packet in bytes; best the broker's `config.mqtt.maxPacketSize`. Default: what the protocol allows. */
  readonly maximumPayload?: number;
}

/**
 * Takes the WebSocket upgrades for one path of an HTTP(S) server that belongs to somebody else. Upgrades for other
 * paths are left to other listeners; where there is none they get 404. Timeouts are the server's own. Returns what
 * detaches the broker again; connections stay.
 */
export function attachToHttpServer(server: Server, options: AttachOptions): () => void {
  const resolved = {
    allowedOrigins: [],
    requireSubprotocol: false,
    listener: "attached",
    logger: silentLogger,
    ...options,
    maximumPayload: () => options.maximumPayload ?? LARGEST_PACKET,
  };
  const upgrade = new WebSocketUpgrade(resolved);
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if ((request.url ?? "").split("?", 1)[0] === options.path) {
      upgrade.upgrade(request, socket, head, () => ({
        kind: socket instanceof TLSSocket ? "secure-websocket" : "websocket",
        listener: resolved.listener,
        ...addressesOfAny(socket),
      }));
    } else if (server.listenerCount("upgrade") === 1) {
      refuseUpgrade(socket, 404, "no such path");
    }
  };
  server.on("upgrade", onUpgrade);
  return () => {
    server.off("upgrade", onUpgrade);
  };
}

/**
 * A transport over a stream handed in by the embedding program; `info` overrides what the stream itself tells.
 *
 * @throws TypeError for a stream that isn't of bytes: in object mode, or with an encoding set.
 */
export function transportOfStream(stream: RawStream, info: Partial<TransportInfo> = {}): Transport {
  if (stream.readableObjectMode || stream.writableObjectMode || stream.readableEncoding !== null) {
    throw new TypeError("a stream of bytes is needed: not in object mode, no encoding set");
  }
  return new StreamTransport(stream, { kind: "stream", listener: "stream", ...addressesOfAny(stream), ...info });
}

function addressesOfAny(stream: Duplex): Addresses {
  if (stream instanceof Socket) return addressesOf(stream);
  return { remoteAddress: "", remotePort: 0, localAddress: "", localPort: 0 };
}
