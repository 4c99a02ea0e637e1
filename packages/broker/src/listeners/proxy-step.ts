/** Reading the PROXY header of a connection, which only trusted proxies may send. */

import { BlockList, isIPv4, isIPv6, type Socket } from "node:net";
import { ConfigError } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Opening, OpeningStep } from "./opening.ts";
import { parseProxyHeader } from "./proxy-protocol.ts";

/** What a PROXY step is made of. */
export interface ProxyStepOptions {
  /** Addresses and networks (CIDR) of the proxies. */
  readonly trusted: readonly string[];
  /** Configuration key of `trusted`, for errors. */
  readonly path: string;
  readonly listener: string;
  readonly logger: Logger;
  readonly next: OpeningStep<Socket>;
}

/** Only trusted proxies are let in, and each of their connections must begin with a header; anybody else is refused unread. */
export class ProxyStep {
  readonly #trusted: BlockList;
  readonly #options: ProxyStepOptions;

  /** @throws ConfigError when an entry of `trusted` is neither address nor network. */
  constructor(options: ProxyStepOptions) {
    this.#options = options;
    this.#trusted = parseNetworks(options.trusted, options.path);
  }

  /** Reads the header and passes the connection on with the addresses it tells. */
  read(socket: Socket, opening: Opening): void {
    if (!this.#isTrusted(opening.addresses.remoteAddress)) {
      this.#refuse(opening, "not from a trusted proxy");
      return;
    }
    let received: Buffer = Buffer.alloc(0);
    // 'readable' and not 'data': the stream must not be flowing when the next step takes it over.
    const onReadable = (): void => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      const header = parseProxyHeader(received);
      if (header.status === "incomplete") return;
      socket.off("readable", onReadable);
      socket.off("end", onEnd);
      if (header.status === "malformed") {
        this.#refuse(opening, header.reason);
        return;
      }
      if (header.source !== undefined) {
        opening.addresses = {
          ...opening.addresses,
          remoteAddress: header.source.address,
          remotePort: header.source.port,
        };
      }
      const rest = received.subarray(header.length);
      if (rest.length > 0) socket.unshift(rest);
      this.#options.next(socket, opening);
    };
    const onEnd = (): void => this.#refuse(opening, "the connection ended before its PROXY header was complete");
    socket.on("readable", onReadable);
    socket.once("end", onEnd);
  }

  #refuse(opening: Opening, reason: string): void {
    const { listener, logger } = this.#options;
    logger.debug(
      { listener, remoteAddress: opening.addresses.remoteAddress, reason },
      "connection refused, proxy protocol",
    );
    opening.abandon();
  }

  #isTrusted(address: string): boolean {
    if (isIPv4(address)) return this.#trusted.check(address, "ipv4");
    // A link-local address carries the name of its interface behind "%".
    const bare = address.split("%", 1)[0] ?? "";
    return isIPv6(bare) && this.#trusted.check(bare, "ipv6");
  }
}

function parseNetworks(networks: readonly string[], path: string): BlockList {
  if (networks.length === 0) {
    throw new ConfigError(path, "names no proxy", { hint: "list the proxies' addresses, as in 10.0.0.0/8" });
  }
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix, ...rest] = network.split("/");
    const family = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : undefined;
    const bits = family === "ipv4" ? 32 : 128;
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (family === undefined || rest.length > 0 || length < 0 || length > bits) {
      throw new ConfigError(path, `"${network}" is neither an address nor a network`, {
        hint: "write 192.0.2.1, 10.0.0.0/8 or fd00::/8",
      });
    }
    list.addSubnet(address, length, family);
  }
  return list;
}
