/** From one entry of the `listeners` section to a listener that runs: bind, PROXY header, TLS, WebSocket, transport. */

import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { ListenerConfig } from "../config/index.ts";
import { ConfigError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import { type ListenAddress, parseListenAddress } from "./address.ts";
import { addressesOf, Opening, type OpeningStep } from "./opening.ts";
import { ProxyStep } from "./proxy-step.ts";
import { StreamTransport } from "./stream-transport.ts";
import { type BoundServer, bindTcp } from "./tcp-listener.ts";
import { type CredentialsLocation, expiryOf, readCredentials } from "./tls-credentials.ts";
import { TlsStep } from "./tls-step.ts";
import type { AcceptTransport, Door, Listener, Transport, TransportKind } from "./transport.ts";
import { bindUnix } from "./unix-listener.ts";
import { WebSocketStep } from "./websocket-listener.ts";

/** What a listener needs of the broker. */
export interface OpenListenerOptions {
  /** Relative file names of the configuration start here. */
  readonly baseDirectory: string;
  readonly accept: AcceptTransport;
  readonly door: Door;
  readonly logger: Logger;
  /** Largest packet in bytes that the broker takes just now; a WebSocket message may hold one whole. */
  readonly maximumPayload: () => number;
  /** Configuration key of the entry, for errors. Default: `listeners`. */
  readonly path?: string;
  /** Milliseconds for PROXY header, TLS handshake and WebSocket upgrade together. Default: 10,000. */
  readonly openingTimeout?: number;
}

/**
 * Starts a listener.
 *
 * @throws StartError when the address can't be had: `cannot listen on :1883: address already in use (another broker running?)`
 * @throws ConfigError when the entry can't work: an unreadable certificate, an address that is none.
 */
export async function openListener(config: ListenerConfig, options: OpenListenerOptions): Promise<Listener> {
  const path = options.path ?? "listeners";
  const address = parseListenAddress(config.address, `${path}.address`);
  refuseContradictions(config, address, path);
  const name = config.name ?? config.address;
  const kind = kindOf(config, address);
  const openings = new Set<Opening>();
  const location: CredentialsLocation = { baseDirectory: options.baseDirectory, path: `${path}.tls` };

  let step: OpeningStep<Socket> = transportStep(kind, name, options.accept);
  if (config.websocket !== undefined) {
    const accept = (transport: Transport): void => options.accept(transport, true);
    const upgrade = new WebSocketStep({ ...options, ...config.websocket, accept, kind, listener: name });
    step = (socket, opening) => upgrade.upgrade(socket, opening);
  }
  let tls: TlsStep | undefined;
  if (config.tls !== undefined) {
    const credentials = await readCredentials(config.tls, location);
    const protocol = config.websocket === undefined ? "mqtt" : "http/1.1";
    const secured = new TlsStep({
      config: config.tls,
      credentials,
      protocol,
      listener: name,
      logger: options.logger,
      next: step,
    });
    tls = secured;
    step = (socket, opening) => secured.secure(socket, opening);
  }
  const enter: OpeningStep<Socket> = step;
  // Behind the PROXY header, which says who comes; before the handshake, which costs something.
  step = (socket, opening) => {
    if (opening.knock()) enter(socket, opening);
  };
  if (config.proxyProtocol !== undefined) {
    const { trusted } = config.proxyProtocol;
    const proxy = new ProxyStep({
      trusted,
      path: `${path}.proxy_protocol.trusted`,
      listener: name,
      logger: options.logger,
      next: step,
    });
    step = (socket, opening) => proxy.read(socket, opening);
  }
  const first = step;
  const isPlain = config.websocket === undefined && config.tls === undefined && config.proxyProtocol === undefined;
  const timeout = options.openingTimeout ?? 10_000;
  const onSocket = isPlain
    ? // Nothing to wait for: neither deadline nor bookkeeping.
      (socket: Socket): void =>
        options.accept(new StreamTransport(socket, { kind, listener: name, ...addressesOf(socket) }, true))
    : (socket: Socket): void => first(socket, new Opening(socket, timeout, openings, options.door));

  const bindOptions = { label: config.address, backlog: config.backlog, onSocket };
  const bound =
    address.kind === "tcp"
      ? await bindTcp(address, bindOptions)
      : await bindUnix(address.path, { ...bindOptions, baseDirectory: options.baseDirectory, mode: config.unixMode });
  bound.server.on("error", (error) =>
    options.logger.warn({ listener: name, err: error }, "cannot accept a connection"),
  );

  const prepareReload = async (): Promise<() => void> => {
    if (config.tls === undefined) return () => {};
    const credentials = await readCredentials(config.tls, location);
    return () => {
      tls?.renew(credentials);
      options.logger.info({ listener: name, expires: expiryOf(credentials) }, "certificate read again");
    };
  };
  return new RunningListener(name, kind, bound, openings, prepareReload);
}

/**
 * What `openListener` would refuse the entries of `listeners` for, without binding anything: files that can't be read
 * or can't serve, keys that contradict each other. One error per entry; empty when all would do.
 */
export async function checkListeners(
  listeners: readonly ListenerConfig[],
  baseDirectory: string,
): Promise<readonly ConfigError[]> {
  const errors: ConfigError[] = [];
  for (const [index, config] of listeners.entries()) {
    const path = `listeners.${index}`;
    try {
      refuseContradictions(config, parseListenAddress(config.address, `${path}.address`), path);
      if (config.tls !== undefined) await readCredentials(config.tls, { baseDirectory, path: `${path}.tls` });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      errors.push(error);
    }
  }
  return errors;
}

class RunningListener implements Listener {
  readonly name: string;
  readonly kind: TransportKind;
  readonly address: string;
  readonly port: number;
  readonly prepareReload: () => Promise<() => void>;
  readonly #server: Server;
  readonly #openings: Set<Opening>;

  constructor(
    name: string,
    kind: TransportKind,
    bound: BoundServer,
    openings: Set<Opening>,
    prepareReload: () => Promise<() => void>,
  ) {
    this.name = name;
    this.kind = kind;
    this.address = bound.address;
    this.port = bound.port;
    this.prepareReload = prepareReload;
    this.#server = bound.server;
    this.#openings = openings;
  }

  close(): Promise<void> {
    // Node's callback would wait for the last open connection; the port is free as soon as this returns.
    this.#server.close();
    for (const opening of this.#openings) opening.abandon();
    return Promise.resolve();
  }
}

function transportStep(kind: TransportKind, listener: string, accept: AcceptTransport): OpeningStep<Duplex> {
  return (stream, opening) => accept(new StreamTransport(stream, opening.complete(kind, listener)), true);
}

function kindOf(config: ListenerConfig, address: ListenAddress): TransportKind {
  if (config.websocket !== undefined) return config.tls === undefined ? "websocket" : "secure-websocket";
  if (address.kind === "unix") return "unix";
  return config.tls === undefined ? "tcp" : "tls";
}

function refuseContradictions(config: ListenerConfig, address: ListenAddress, path: string): void {
  if (address.kind === "tcp") {
    if (config.unixMode === undefined) return;
    throw new ConfigError(`${path}.unix_mode`, "only a Unix socket has a mode", {
      hint: "remove it, or listen on unix:///path",
    });
  }
  if (config.tls !== undefined) {
    throw new ConfigError(`${path}.tls`, "a Unix socket carries no TLS", { hint: "remove the tls section" });
  }
  if (config.proxyProtocol !== undefined) {
    throw new ConfigError(`${path}.proxy_protocol`, "trusted addresses say nothing about a Unix socket", {
      hint: "remove the proxy_protocol section",
    });
  }
}
