/** A connection to a broker as its user sees it: bytes go out and come in, whatever is between. */

/** Where a broker listens, and how it is spoken to. */
export interface Endpoint {
  readonly transport: "tcp" | "tls" | "websocket";
  readonly port: number;
  /** Of the WebSocket listener. */
  readonly path: string;
}

/** What comes from the other side. */
export interface WireEvents {
  /** Bytes `bytes[start..end)`, valid during the call. */
  onBytes(bytes: Uint8Array, start: number, end: number): void;
  /** What was written has gone. */
  onDrain(): void;
  onClose(): void;
}

/** A connection. */
export interface Wire {
  write(bytes: Uint8Array): void;
  /** Bytes written that the system has not taken. */
  readonly backlog: number;
  /** Sends what is written, then closes. */
  end(): void;
}
