/** Binding a server socket, and saying in one line why it can't be bound. */

import type { ListenOptions, Server } from "node:net";
import { StartError } from "../errors.ts";

const reasons: ReadonlyMap<string, string> = new Map([
  ["EADDRINUSE", "address already in use (another broker running?)"],
  ["EADDRNOTAVAIL", "this machine has no such address"],
  ["ENOTFOUND", "no such host"],
  ["EAI_AGAIN", "the host's name could not be looked up"],
  ["EACCES", "permission denied"],
  ["EPERM", "permission denied"],
  ["ENOENT", "no such file or directory"],
  ["ENOTDIR", "a part of the path is not a directory"],
  ["EISDIR", "it is a directory"],
  ["EAFNOSUPPORT", "this machine has no such address family"],
  ["EROFS", "the file system is read-only"],
]);

/** A system error in words; the error's own message where there are none. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return reasons.get(code) ?? (error instanceof Error ? error.message : String(error));
}

/**
 * Resolves once the server listens.
 *
 * @throws StartError `cannot listen on :1883: address already in use (another broker running?)`
 */
export async function bind(server: Server, options: ListenOptions, address: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onError = (error: Error): void => {
      server.off("listening", onListening);
      reject(cannotListen(address, portHint(error, options.port) ?? reasonOf(error), error));
    };
    const onListening = (): void => {
      server.off("error", onError);
      resolve();
    };
    server.once("error", onError);
    server.once("listening", onListening);
    server.listen(options);
  });
}

/** The error of a listener that can't be bound; `address` as configured. */
export function cannotListen(address: string, reason: string, cause?: unknown): StartError {
  return new StartError(address, `cannot listen on ${address}: ${reason}`, cause === undefined ? {} : { cause });
}

function portHint(error: Error, port: number | undefined): string | undefined {
  if (!("code" in error) || error.code !== "EACCES" || port === undefined || port >= 1024) return undefined;
  return `permission denied (ports below 1024 need root or the capability CAP_NET_BIND_SERVICE)`;
}
