/** MQTT over WebSocket: the upgrade, then bytes in frames. */

import { FrameReader, maskedFrame } from "./websocket-frames.ts";
import type { Endpoint, Wire, WireEvents } from "./wire.ts";

const END_OF_HEAD = "\r\n\r\n";

export class WebSocketWire implements Wire {
  readonly #events: WireEvents;
  readonly #frames: FrameReader;
  #plain: Wire | undefined;
  #head = "";
  #upgraded = false;
  #settle: (error?: Error) => void = () => {};

  private constructor(events: WireEvents) {
    this.#events = events;
    this.#frames = new FrameReader((bytes, start, end) => events.onBytes(bytes, start, end));
  }

  /** Asks for the upgrade over a connection that `dial` makes. */
  static async open(
    { path, port }: Endpoint,
    dial: (events: WireEvents) => Promise<Wire>,
    events: WireEvents,
  ): Promise<Wire> {
    const wire = new WebSocketWire(events);
    const upgraded = new Promise<void>((resolve, reject) => {
      wire.#settle = (error) => (error === undefined ? resolve() : reject(error));
    });
    wire.#plain = await dial({
      onBytes: (bytes, start, end) => wire.#take(bytes, start, end),
      onDrain: () => events.onDrain(),
      onClose: () => wire.#closed(),
    });
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: 127.0.0.1:${port}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Key: Z21xdHQtYmVuY2gtbG9hZA==",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Protocol: mqtt",
    ];
    wire.#plain.write(Buffer.from(lines.join("\r\n") + END_OF_HEAD));
    await upgraded;
    return wire;
  }

  get backlog(): number {
    return this.#plain?.backlog ?? 0;
  }

  write(bytes: Uint8Array): void {
    this.#plain?.write(maskedFrame(bytes));
  }

  end(): void {
    this.#plain?.end();
  }

  #take(bytes: Uint8Array, start: number, end: number): void {
    if (this.#upgraded) {
      if (!this.#frames.feed(bytes, start, end)) this.end();
      return;
    }
    this.#head += Buffer.from(bytes.subarray(start, end)).toString("latin1");
    const headEnd = this.#head.indexOf(END_OF_HEAD);
    if (headEnd < 0) return;
    if (!this.#head.startsWith("HTTP/1.1 101")) {
      this.#settle(new Error(`the broker refused the WebSocket: ${this.#head.slice(0, 60)}`));
      return;
    }
    this.#upgraded = true;
    const rest = Buffer.from(this.#head.slice(headEnd + END_OF_HEAD.length), "latin1");
    this.#settle();
    if (rest.length > 0 && !this.#frames.feed(rest, 0, rest.length)) this.end();
  }

  #closed(): void {
    this.#settle(new Error("the broker closed the connection before it became a WebSocket"));
    this.#events.onClose();
  }
}
