/**
 * Sockets for what a server accepts, made with all of their options. Node copies the options and adds the three that are
 * missing, and V8 before version 12 gives each such copy three hidden classes of its own: thirty look-ups of every socket
 * go through the runtime, and the classes tie dead sockets into a chain that the young generation's collector takes for
 * alive. Together that is a tenth of what a short connection costs.
 */

import { channel } from "node:diagnostics_channel";
import { type Server, Socket, type SocketConstructorOpts } from "node:net";

/** The first version of Node whose V8 has classes for such copies. */
const CURED = 22;

/** Where Node shows accepted sockets to those who observe the process. */
const accepted = channel("net.server.socket");

/** A handle of the system: a bound socket, or an accepted one. */
interface Handle {
  onconnection?: unknown;
}

type OnConnection = (this: Handle, status: number, client: Handle | undefined) => void;

type ListeningServer = Server & { _handle?: Handle | null; _connections?: number };

/** Node counts a server's sockets, and tells it when the last one is gone. */
type CountedSocket = Socket & { server?: Server; _server?: Server };

/** What Node itself calls the constructor with, and then adds. */
interface AcceptedSocketOptions extends SocketConstructorOpts {
  readonly handle: Handle;
  readonly emitClose: false;
  readonly autoDestroy: true;
  readonly decodeStrings: false;
}

/**
 * Has a server that listens, and that has no `maxConnections`, make its sockets so. In a Node where that brings nothing,
 * or where the server can't be reached like this, sockets are made as they always were.
 */
export function makeSocketsWhole(server: Server, allowHalfOpen: boolean, noDelay: boolean): void {
  const listening = server as ListeningServer;
  const handle = listening._handle;
  const nodes = handle?.onconnection as OnConnection | undefined;
  const major = Number.parseInt(process.versions.node, 10);
  if (major >= CURED || typeof nodes !== "function" || typeof listening._connections !== "number") return;
  const onConnection: OnConnection = function (status, client) {
    // An error is Node's to report.
    if (status !== 0 || client === undefined) {
      nodes.call(this, status, client);
      return;
    }
    const options: AcceptedSocketOptions = {
      handle: client,
      allowHalfOpen,
      readable: true,
      writable: true,
      emitClose: false,
      autoDestroy: true,
      decodeStrings: false,
    };
    const socket: CountedSocket = new Socket(options);
    if (noDelay) socket.setNoDelay(true);
    listening._connections = (listening._connections as number) + 1;
    socket.server = server;
    socket._server = server;
    server.emit("connection", socket);
    if (accepted.hasSubscribers) accepted.publish({ socket });
  };
  (handle as Handle).onconnection = onConnection;
}
