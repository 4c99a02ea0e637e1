/** What every kind of listener hands to the broker: one byte stream with a peer. */

import type { Duplex } from "node:stream";
import type { PeerCertificate } from "node:tls";

/** The kinds of byte stream that a broker takes connections from. */
export type TransportKind = "tcp" | "tls" | "websocket" | "secure-websocket" | "unix" | "memory" | "stream";

/** Who is at the other end, and how he came in. */
export interface TransportInfo {
  readonly kind: TransportKind;
  /** Name of the listener: its configured name, else its address; few and never chosen by a client, so fit for a metric label. */
  readonly listener: string;
  /** Address of the peer as the broker believes it (behind the PROXY protocol: the original client's); "" where there is none. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** The verified certificate of a mutual TLS client. */
  readonly certificate?: PeerCertificate | undefined;
  /** User name taken from the certificate's CN, where the listener is configured so. */
  readonly certificateUsername?: string | undefined;
}

/** The largest CONNECT: what nobody has vouched for is not buffered without bound. Bytes. */
export const LARGEST_CONNECT: number = 1024 * 1024;

/** Told by the transport what happens on it. */
export interface TransportHandler {
  /**
   * Bytes arrived: `chunk[start, end)`, by default all of it. They belong to the handler; the transport never writes there
   * again. Transports that hand over many small ranges of one buffer spare the broker an object for each.
   */
  onData(chunk: Buffer, start?: number, end?: number): void;
  /**
   * Copies the beginning of `chunk[0, end)` to where it is going to be needed, if that is known, and answers how many bytes
   * that were; `onData` is told of the rest, also when it is empty. For transports that would copy it to hand it over.
   */
  fill?(chunk: Buffer, end: number): number;
  /** All that had been written has been taken by the kernel, after a `write` that answered false. */
  onDrain(): void;
  /** The peer finished sending; `onClose` follows when both directions are done. */
  onEnd(): void;
  /** The transport is gone; called once, with the error that ended it, if any. */
  onClose(error: Error | undefined): void;
}

/** A byte stream with a peer; implemented by TCP, TLS and Unix sockets, WebSockets, memory pairs and any Duplex. */
export interface Transport {
  readonly info: TransportInfo;
  /** Starts reading; called once. */
  start(handler: TransportHandler): void;
  /**
   * Writes the segments in order, as one system call where possible. True: everything was taken at once and the memory
   * may be reused; false: the transport keeps the segments until `onDrain`. The array itself is never kept.
   */
  write(segments: readonly Uint8Array[]): boolean;
  /** Bytes written that the kernel has not taken. */
  readonly bufferedBytes: number;
  pause(): void;
  resume(): void;
  /** The client is known: what comes may be larger than a CONNECT. For transports that hold more than they hand over. */
  liftConnectLimit?(): void;
  /** Finishes the outgoing direction behind what was written; the incoming one stays open. */
  end(): void;
  /** Closes at once, both directions. */
  destroy(): void;
  /** Has the kernel ask from time to time whether a silent peer is still there, where it can. */
  probe?(): void;
}

/** A listener that runs. */
export interface Listener {
  /** As configured, for logs. */
  readonly name: string;
  readonly kind: TransportKind;
  /** Where it is bound, for example `[::]:1883`, `unix:///run/mqtt.sock`; with the port the system chose for port 0. */
  readonly address: string;
  /** The bound port; 0 for Unix sockets. */
  readonly port: number;
  /**
   * Reads certificates again and answers what puts them in force; live connections stay. Rejects when they can't be
   * read. In two steps, so that one bad file among several listeners changes nothing on any of them.
   */
  prepareReload(): Promise<() => void>;
  /** Stops accepting; open connections stay. */
  close(): Promise<void>;
}

/** Takes what a listener accepted; `counted`: its door has let the address in before. */
export type AcceptTransport = (transport: Transport, counted?: boolean) => void;

/** Asked for an address before anything is spent on its connection: a TLS handshake, the reading of a request. */
export interface Door {
  /** Counts a connection; false where a limit is reached, and then nothing was counted. */
  enter(address: string): boolean;
  /** A connection that was counted came to nothing. */
  leave(address: string): void;
}

/** A raw stream before it is a transport, as `acceptStream` takes it. */
export type RawStream = Duplex;
