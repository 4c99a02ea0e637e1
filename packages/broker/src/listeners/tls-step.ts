/** The TLS handshake of a connection, with or without a client certificate. */

import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import type { Logger } from "../logger.ts";
import type { Opening, OpeningStep } from "./opening.ts";
import type { ListenerTlsConfig } from "./tls-credentials.ts";

/** What a TLS step is made of. */
export interface TlsStepOptions {
  readonly config: ListenerTlsConfig;
  readonly credentials: SecureContextOptions;
  /** Protocol offered by ALPN. A client that offers none is let in, one that offers only others is not (RFC 7301, 3.2). */
  readonly protocol: "mqtt" | "http/1.1";
  readonly listener: string;
  readonly logger: Logger;
  readonly next: OpeningStep<TLSSocket>;
}

/** Secures connections that somebody else accepted; binds nothing itself. */
export class TlsStep {
  readonly #server: Server;
  readonly #options: TlsStepOptions;
  /** Handshakes under way, by both ends' addresses: Node gives no other public way from the secured socket to the raw one. */
  readonly #handshakes = new Map<string, Opening>();

  constructor(options: TlsStepOptions) {
    this.#options = options;
    const { config, credentials, protocol, listener, logger } = options;
    this.#server = createServer({
      ...credentials,
      requestCert: config.verify,
      rejectUnauthorized: config.verify,
      ALPNProtocols: [protocol],
      // The opening's own deadline is shorter; this one must not cut in with Node's default.
      handshakeTimeout: 0,
    });
    this.#server.on("secureConnection", (socket) => this.#secured(socket));
    this.#server.on("tlsClientError", (error, socket) => {
      const { remoteAddress, authorizationError } = socket;
      // Node reports a refused certificate as a mere hang-up; the reason stands on the socket.
      if (authorizationError) {
        logger.debug({ listener, remoteAddress, reason: authorizationError }, "tls client certificate refused");
      } else {
        logger.debug({ listener, remoteAddress, err: error }, "tls handshake failed");
      }
      socket.destroy();
    });
  }

  /** Starts the handshake on a raw socket; bytes pushed back into it are read first. */
  secure(raw: Socket, opening: Opening): void {
    const key = addressKey(raw);
    this.#handshakes.set(key, opening);
    raw.once("close", () => this.#handshakes.delete(key));
    this.#server.emit("connection", raw);
  }

  /** Takes other credentials for handshakes to come; live connections stay as they are. */
  renew(credentials: SecureContextOptions): void {
    this.#server.setSecureContext(credentials);
  }

  #secured(socket: TLSSocket): void {
    const opening = this.#handshakes.get(addressKey(socket));
    if (opening === undefined) {
      // The peer left in the very moment: the raw socket is closed already.
      socket.destroy();
      return;
    }
    const { config, listener, logger, next } = this.#options;
    if (config.verify) opening.certificate = socket.getPeerCertificate();
    if (config.usernameFromCommonName) {
      const name: unknown = opening.certificate?.subject.CN;
      // No name, several or a null character ([MQTT-1.5.4-2]): refused, else the client could call himself as he likes.
      if (typeof name !== "string" || name === "" || name.includes("\0")) {
        logger.debug({ listener, remoteAddress: socket.remoteAddress }, "client certificate has no single common name");
        socket.on("error", () => {});
        opening.abandon();
        return;
      }
      opening.certificateUsername = name;
    }
    next(socket, opening);
  }
}

function addressKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}
