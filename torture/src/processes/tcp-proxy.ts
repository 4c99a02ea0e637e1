/** The wire between broker and store, in our hands: cut it, or hold what is on it. */

import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

export class TcpProxy {
  readonly port: number;
  readonly #target: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket> = new Set();
  #open = true;

  private constructor(server: Server, port: number, target: number) {
    this.#server = server;
    this.port = port;
    this.#target = target;
    server.on("connection", (socket) => this.#pass(socket));
  }

  /** Listens on a free port of the local host and passes on what comes to `target`. */
  static async listen(target: number): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("a listening server has no port");
    return new TcpProxy(server, address.port, target);
  }

  /** False: connections are reset, and new ones at once. */
  set open(open: boolean) {
    this.#open = open;
    if (!open) for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Resets every connection; new ones are let through. */
  cut(): void {
    this.open = false;
    this.open = true;
  }

  close(): void {
    this.open = false;
    this.#server.close();
  }

  #pass(socket: Socket): void {
    socket.on("error", () => {});
    if (!this.#open) {
      socket.resetAndDestroy();
      return;
    }
    const upstream = connect(this.#target, "127.0.0.1");
    upstream.on("error", () => {});
    this.#join(socket, upstream);
    this.#join(upstream, socket);
    socket.resume();
  }

  #join(from: Socket, to: Socket): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on("data", (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on("drain", () => from.resume());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
