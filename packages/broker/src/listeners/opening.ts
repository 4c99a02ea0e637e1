/** A connection between accept and transport: the PROXY header, the TLS handshake, the WebSocket upgrade. */

import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { PeerCertificate } from "node:tls";
import { plainAddress } from "./address.ts";
import type { Door, TransportInfo, TransportKind } from "./transport.ts";

/** The two ends of a connection. */
export type Addresses = Pick<TransportInfo, "remoteAddress" | "remotePort" | "localAddress" | "localPort">;

/** One step on the way; passes the socket, or what it made of it, to the next step. */
export type OpeningStep<Stream extends Duplex> = (stream: Stream, opening: Opening) => void;

/** The addresses that the socket itself has; empty for Unix sockets. */
export function addressesOf(socket: Socket): Addresses {
  return {
    remoteAddress: plainAddress(socket.remoteAddress),
    remotePort: socket.remotePort ?? 0,
    localAddress: plainAddress(socket.localAddress),
    localPort: socket.localPort ?? 0,
  };
}

/** What the steps have learned about a connection; it is closed unless `complete` is called in time. */
export class Opening {
  addresses: Addresses;
  certificate: PeerCertificate | undefined;
  certificateUsername: string | undefined;
  readonly #raw: Socket;
  readonly #door: Door;
  /** The address that the door has counted. */
  #counted: string | undefined;
  readonly #all: Set<Opening>;
  readonly #timer: NodeJS.Timeout;
  readonly #onClose = (): void => this.#forget();

  /** `timeout` in milliseconds bounds all the steps together; `all` holds the opening until it ends. */
  constructor(raw: Socket, timeout: number, all: Set<Opening>, door: Door) {
    this.addresses = addressesOf(raw);
    this.#raw = raw;
    this.#door = door;
    this.#all = all;
    all.add(this);
    // The socket's own idle timeout would be restarted by every byte of a peer who drips them. Real time and not the
    // broker's clock: what it bounds are real sockets, and TLS and HTTP keep no other.
    this.#timer = setTimeout(() => this.abandon(), timeout);
    this.#timer.unref();
    // A reset on the way is nothing to report; 'close' follows.
    raw.on("error", ignore);
    raw.on("close", this.#onClose);
  }

  /** Asks the door, as soon as it is known who comes; closes the connection when it says no. */
  knock(): boolean {
    const { remoteAddress } = this.addresses;
    if (this.#door.enter(remoteAddress)) {
      this.#counted = remoteAddress;
      return true;
    }
    this.abandon();
    return false;
  }

  /** The connection has become a transport, which stays counted; says who is at the other end. */
  complete(kind: TransportKind, listener: string): TransportInfo {
    this.#counted = undefined;
    this.#forget();
    return {
      kind,
      listener,
      ...this.addresses,
      certificate: this.certificate,
      certificateUsername: this.certificateUsername,
    };
  }

  /** Closes the connection at once. */
  abandon(): void {
    this.#forget();
    this.#raw.destroy();
  }

  #forget(): void {
    if (this.#counted !== undefined) this.#door.leave(this.#counted);
    this.#counted = undefined;
    clearTimeout(this.#timer);
    this.#raw.off("close", this.#onClose);
    this.#all.delete(this);
  }
}

function ignore(): void {}
