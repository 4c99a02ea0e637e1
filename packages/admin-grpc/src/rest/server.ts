/** Listens for REST requests at one endpoint. */

import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { clearStaleSocket, type Endpoint } from "../endpoints/endpoint.ts";
import { createRestApp, type RestOptions } from "./app.ts";

/** A server of the API that runs. */
export interface RunningServer {
  /** Where it is bound, as in the configuration, with the port that the system chose for port 0. */
  readonly address: string;
  /** Stops listening and closes what is open. */
  close(): Promise<void>;
}

/** How long a client may take for the head of a request, and for all of it; milliseconds. */
const HEAD_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;

/** Rejects when the address can't be bound. */
export async function serveRest(
  endpoint: Endpoint,
  options: RestOptions,
  isOpenToAll: () => boolean,
): Promise<RunningServer> {
  const closed = endpoint.tls?.verify === true;
  // A Unix socket has no name that a web page could come in by.
  const checked = endpoint.address.kind === "tcp" ? isOpenToAll : () => false;
  const app = createRestApp(options, closed, checked);
  const listener = getRequestListener((request, bindings) => app.fetch(request, bindings), {
    overrideGlobalObjects: false,
  });
  const server = makeServer(endpoint, listener as RequestListener);
  server.headersTimeout = HEAD_TIMEOUT;
  server.requestTimeout = REQUEST_TIMEOUT;
  const address = await listen(server, endpoint);
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function makeServer({ tls }: Endpoint, listener: RequestListener): Server {
  if (tls === undefined) return createServer(listener);
  const { ca, cert, key, verify } = tls;
  return createTlsServer(
    { cert, key, ...(ca === undefined ? {} : { ca }), requestCert: ca !== undefined, rejectUnauthorized: verify },
    listener,
  );
}

async function listen(server: Server, { address }: Endpoint): Promise<string> {
  if (address.kind === "unix") await clearStaleSocket(address.path);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    const ready = (): void => {
      server.off("error", reject);
      resolve();
    };
    if (address.kind === "unix") server.listen(address.path, ready);
    else server.listen({ port: address.port, ...(address.host === "" ? {} : { host: address.host }) }, ready);
  });
  if (address.kind === "unix") return address.text;
  const { port } = server.address() as AddressInfo;
  return `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${port}`;
}
