/** An address of the API with what protects it; refuses what would be open to everybody. */

import { rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { type ApiConfig, ConfigError } from "@gmqtt/broker";
import { type ApiAddress, isLocal, parseApiAddress } from "./address.ts";
import { type ApiTls, readTls } from "./tls.ts";

/** Where a server is to listen. */
export interface Endpoint {
  readonly kind: "grpc" | "http";
  /** Where it stands, for errors: `api.grpc.0`. */
  readonly path: string;
  readonly address: ApiAddress;
  readonly tls: ApiTls | undefined;
}

/** Reads `api`. Rejects with `ConfigError`. */
export async function readEndpoints(api: ApiConfig, baseDirectory: string): Promise<Endpoint[]> {
  const endpoints: Endpoint[] = [];
  for (const kind of ["grpc", "http"] as const) {
    for (const [index, { address, tls }] of api[kind].entries()) {
      const path = `api.${kind}.${index}`;
      const parsed = parseApiAddress(address, `${path}.address`, baseDirectory);
      const files = tls === undefined ? undefined : await readTls(tls, `${path}.tls`, baseDirectory);
      endpoints.push({ kind, path, address: parsed, tls: files });
    }
  }
  return endpoints;
}

/** Throws `ConfigError` for an address that is not loopback and that nothing protects. */
export function assertClosed({ address, path, tls }: Endpoint, hasTokens: boolean): void {
  if (isLocal(address) || hasTokens || tls?.verify === true) return;
  throw new ConfigError(
    `${path}.address`,
    `${address.text} is not loopback, and anybody could use the api there; set plugins.admin.tokens, or tls with cacert and verify: true`,
  );
}

/** Removes a Unix socket that nobody listens on any more. Leaves one that somebody does, to fail on. */
export async function clearStaleSocket(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isSocket() !== true) return;
  const answers = await new Promise<boolean>((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
  if (!answers) await rm(path, { force: true });
}
