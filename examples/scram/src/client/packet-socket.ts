/** MQTT 5.0 packets over TCP, and nothing else: what a client library stands on. */

import { connect, type Socket } from "node:net";
import { Decoder, encode, type Packet } from "@gmqtt/packets";

/** A connection that sends packets and waits for them. */
export class PacketSocket {
  readonly #socket: Socket;
  readonly #decoder: Decoder = new Decoder({ from: "server", version: 5 });
  readonly #arrived: (Packet | null)[] = [];
  #wake: () => void = () => {};

  constructor(port: number, host: string = "127.0.0.1") {
    this.#socket = connect(port, host);
    this.#socket.on("data", (chunk) => {
      this.#decoder.push(chunk);
      for (let packet = this.#decoder.next(); packet !== null; packet = this.#decoder.next()) this.#take(packet);
    });
    this.#socket.on("error", () => {}); // "close" follows
    this.#socket.on("close", () => this.#take(null));
  }

  send(packet: Packet): void {
    this.#socket.write(encode(packet, 5));
  }

  /** The next packet; null when the connection is closed. */
  async next(): Promise<Packet | null> {
    while (this.#arrived.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#arrived.shift() as Packet | null;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(packet: Packet | null): void {
    this.#arrived.push(packet);
    this.#wake();
  }
}
