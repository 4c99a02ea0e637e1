/** Listens for gRPC calls at one endpoint. */

import { Server, ServerCredentials } from "@grpc/grpc-js";
import type { Caller, Calls } from "../api/calls.ts";
import type { ApiRegistry } from "../api/registry.ts";
import type { AdminLimits } from "../config.ts";
import type { ApiAddress } from "../endpoints/address.ts";
import { clearStaleSocket, type Endpoint } from "../endpoints/endpoint.ts";
import type { ApiTls } from "../endpoints/tls.ts";
import type { RunningServer } from "../rest/server.ts";
import { addHealth } from "./health.ts";
import { addReflection } from "./reflection.ts";
import { type AnyCall, definitionOf, type GrpcContext, implementationOf } from "./service.ts";

/** What a gRPC server is made of. */
export interface GrpcOptions {
  readonly registry: ApiRegistry;
  readonly calls: Calls;
  readonly limits: AdminLimits;
  readonly reflection: boolean;
  /** Whether the broker is ready, for the health service. */
  readonly isReady: () => boolean;
  /** Aborts when the plugin is unloaded. */
  readonly signal: AbortSignal;
}

/** How long open calls may take when the server stops; milliseconds. */
const GRACE = 500;

/** Rejects when the address can't be bound. */
export async function serveGrpc(endpoint: Endpoint, options: GrpcOptions): Promise<RunningServer> {
  const server = new Server({
    "grpc.max_receive_message_length": options.limits.max_body_bytes,
    "grpc.max_concurrent_streams": 1000,
    "grpc.max_connection_idle_ms": 600_000,
  });
  const context: GrpcContext = {
    calls: options.calls,
    caller: (call) => callerOf(call, endpoint),
  };
  options.registry.watch((_service, methods) => {
    server.addService(definitionOf(methods), implementationOf(methods, context));
  });
  addHealth(server, options);
  if (options.reflection) addReflection(server, options.registry, context);
  const { address } = endpoint;
  if (address.kind === "unix") await clearStaleSocket(address.path);
  const port = await bind(server, address, credentialsOf(endpoint.tls));
  return {
    address: address.kind === "unix" ? address.text : `tcp://${hostOf(address)}:${port}`,
    close: () => close(server),
  };
}

function callerOf(call: AnyCall, { tls }: Endpoint): Caller {
  const controller = new AbortController();
  call.on("cancelled", () => controller.abort());
  const [authorization] = call.metadata.get("authorization");
  return {
    credentials: {
      authorization: authorization === undefined ? undefined : String(authorization),
      commonName: tls?.verify === true ? commonNameOf(call.getAuthContext()) : undefined,
    },
    closed: tls?.verify === true,
    from: call
      .getPeer()
      .replace(/^(ipv[46]:)|:\d+$/g, "")
      .replace(/^\[|\]$/g, ""),
    via: "grpc",
    signal: controller.signal,
  };
}

function commonNameOf({ sslPeerCertificate }: ReturnType<AnyCall["getAuthContext"]>): string | undefined {
  const name = sslPeerCertificate?.subject?.CN as string | string[] | undefined;
  return Array.isArray(name) ? name[0] : name;
}

function credentialsOf(tls: ApiTls | undefined): ServerCredentials {
  if (tls === undefined) return ServerCredentials.createInsecure();
  const { ca = null, cert, key, verify } = tls;
  return ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], verify);
}

function bind(server: Server, address: ApiAddress, credentials: ServerCredentials): Promise<number> {
  const target = address.kind === "unix" ? `unix:${address.path}` : `${hostOf(address)}:${address.port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(target, credentials, (error, port) => (error === null ? resolve(port) : reject(error)));
  });
}

/** No host means every address of the machine. */
function hostOf({ host }: Extract<ApiAddress, { kind: "tcp" }>): string {
  if (host === "") return "[::]";
  return host.includes(":") ? `[${host}]` : host;
}

/** Open calls end by themselves, their streams having been told; what is left then is cut. */
async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const late = setTimeout(() => server.forceShutdown(), GRACE);
    server.tryShutdown(() => {
      clearTimeout(late);
      resolve();
    });
  });
}
