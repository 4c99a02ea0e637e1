/** A TCP proxy that a test can cut, freeze and close. */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  #open = true;
  #frozen = false;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  /** Passes on what comes to a port of the local host. */
  static async listen(target: number): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a listening server has no port");
    const proxy = new TcpProxy(server, address.port);
    server.on("connection", (socket) => proxy.#pass(socket, target));
    return proxy;
  }

  /** False: connections are reset, and new ones at once. */
  async setOpen(open: boolean): Promise<void> {
    this.#open = open;
    if (!open) this.cut();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** True: what is sent is kept and not passed on, as when a network swallows everything. */
  freeze(frozen: boolean): void {
    this.#frozen = frozen;
    for (const socket of this.#sockets)
      if (frozen) socket.pause();
      else socket.resume();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #pass(socket: Socket, target: number): void {
    if (!this.#open) {
      socket.resetAndDestroy();
      return;
    }
    const upstream = connect(target, "127.0.0.1");
    for (const [from, to] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      this.#sockets.add(from);
      from.setNoDelay(true);
      from.on("data", (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on("drain", () => {
        if (!this.#frozen) from.resume();
      });
      from.on("error", () => {});
      from.on("close", () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
    if (this.#frozen) upstream.pause();
    else socket.resume();
  }
}
