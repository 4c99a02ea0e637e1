/** Connections over loopback of which a test holds both ends. */

import { once } from "node:events";
import { connect, createServer, type Server, type ServerOpts, type Socket } from "node:net";

export class SocketPairs {
  readonly server: Server;
  readonly #open: Socket[] = [];

  /** Of the accepted ends; both outlive the end of the other direction. */
  constructor(options: ServerOpts = {}) {
    this.server = createServer({ ...options, allowHalfOpen: true });
  }

  async listen(): Promise<void> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
  }

  /** One more connection; nobody has read from its ends. */
  async make(): Promise<[client: Socket, accepted: Socket]> {
    const address = this.server.address();
    if (address === null || typeof address === "string") throw new Error("not bound");
    const accepted = once(this.server, "connection");
    const client = connect({ port: address.port, host: "127.0.0.1", allowHalfOpen: true });
    const [socket] = (await accepted) as [Socket];
    this.#open.push(client, socket);
    return [client, socket];
  }

  close(): void {
    for (const socket of this.#open.splice(0)) socket.destroy();
    this.server.close();
  }
}
