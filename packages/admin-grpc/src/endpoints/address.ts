/** Addresses of the API as they stand in `api.grpc` and `api.http`. */

import { BlockList, isIP } from "node:net";
import { resolve } from "node:path";
import { ConfigError } from "@gmqtt/broker";

/** Where a server is bound. */
export type ApiAddress =
  | { readonly kind: "tcp"; readonly text: string; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly text: string; readonly path: string };

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/** Parses `tcp://host:port` or `unix:///path`; `path` is where it stands, for errors. */
export function parseApiAddress(text: string, path: string, baseDirectory: string): ApiAddress {
  if (text.startsWith("unix://")) {
    return { kind: "unix", text, path: resolve(baseDirectory, text.slice("unix://".length)) };
  }
  const match = /^tcp:\/\/(\[[^\]]+\]|[^:[\]]*):(\d{1,5})$/.exec(text);
  if (match === null) throw new ConfigError(path, `must be tcp://host:port or unix:///path, not ${text}`);
  const [, host = "", port] = match;
  return { kind: "tcp", text, host: host.replace(/^\[|\]$/g, ""), port: Number(port) };
}

/** Whether only this machine can reach it. */
export function isLocal(address: ApiAddress): boolean {
  if (address.kind === "unix") return true;
  return isLoopback(address.host);
}

/** Whether a host name or address is this machine's own. */
export function isLoopback(host: string): boolean {
  if (host === "localhost") return true;
  const version = isIP(host);
  if (version === 0) return false;
  return loopback.check(host, version === 6 ? "ipv6" : "ipv4");
}
