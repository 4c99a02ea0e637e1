/** Listen addresses as people write them, in configuration files and in logs. */

import { ConfigError } from "../errors.ts";

/** Where a listener is to be bound. */
export type ListenAddress = TcpListenAddress | UnixListenAddress;

/** A TCP port; no host means every address of the machine, IPv6 and IPv4. */
export interface TcpListenAddress {
  readonly kind: "tcp";
  readonly host: string | undefined;
  readonly port: number;
}

/** A Unix socket file, as written: relative paths are still to be resolved. */
export interface UnixListenAddress {
  readonly kind: "unix";
  readonly path: string;
}

const unixScheme = "unix://";
const tcpScheme = "tcp://";
const schemePattern = /^([a-z][a-z0-9+.-]*):\/\//i;
const hostAndPort = /^(?:\[([^\][]*)\]|([^\][:]*)):(\d{1,5})$/;

/**
 * Reads `:1883`, `host:1883`, `[::1]:0`, `tcp://host:1883` or `unix:///path`; port 0 lets the system choose. `path` is
 * the configuration key that the text stands under.
 *
 * @throws ConfigError when the text is none of these, with a hint.
 */
export function parseListenAddress(text: string, path: string): ListenAddress {
  if (text.startsWith(unixScheme)) {
    const file = text.slice(unixScheme.length);
    if (file === "" || file.includes("\0")) {
      throw new ConfigError(path, `"${text}" names no socket file`, { hint: "write unix:///run/mqtt.sock" });
    }
    return { kind: "unix", path: file };
  }
  const bare = text.startsWith(tcpScheme) ? text.slice(tcpScheme.length) : text;
  const match = hostAndPort.exec(bare);
  if (match === null) throw new ConfigError(path, `"${text}" is not an address`, { hint: hintFor(bare) });
  const port = Number(match[3]);
  if (port > 65_535) {
    throw new ConfigError(path, `"${text}": port ${port} exceeds 65535`, { hint: "use 0 to 65535" });
  }
  const host = match[1] ?? match[2] ?? "";
  // "*" is how some servers write "every address"; Node would look it up as a name.
  return { kind: "tcp", host: host === "" || host === "*" ? undefined : host, port };
}

function hintFor(text: string): string {
  const scheme = schemePattern.exec(text)?.[1];
  if (scheme !== undefined) {
    return `${scheme}:// is not known here; TLS and WebSocket are switched on by the tls and websocket sections`;
  }
  if (/^\d+$/.test(text)) return `write :${text}`;
  if (text.startsWith("/")) return `write unix://${text}`;
  if (text.split(":").length > 2) return "an IPv6 address stands in brackets, as in [::1]:1883";
  return "write host:port, :port, [::1]:port or unix:///path";
}

/** A bound address as logs show it: `127.0.0.1:1883`, `[::1]:1883`. */
export function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** An IPv4 address that came in over an IPv6 socket (`::ffff:192.0.2.1`) in its own form; others unchanged. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return "";
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}
