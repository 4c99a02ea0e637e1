/** The HTTP side: metrics, liveness, readiness, and nothing else. */

import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { formatAddress, parseListenAddress, StartError } from "@gmqtt/broker";

/** An answer. */
export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Pages by path; asked anew for each request. */
export type Pages = ReadonlyMap<string, () => Page | Promise<Page>>;

/** Scrapers are few. */
const MAX_CONNECTIONS = 64;

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "this machine has no such address",
  EACCES: "permission denied",
  ENOTFOUND: "no such host",
};

/** Plain text with a line break behind it. */
export function textPage(status: number, text: string): Page {
  return { status, type: "text/plain; charset=utf-8", body: `${text}\n` };
}

export class PageServer {
  readonly #server: HttpServer;
  readonly #pages: Pages;
  readonly #onError: (error: unknown) => void;

  /** `onError` hears of pages that could not be made. */
  constructor(pages: Pages, onError: (error: unknown) => void) {
    this.#pages = pages;
    this.#onError = onError;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** Where it is bound, for example `127.0.0.1:8082`; undefined while it is not. */
  get address(): string | undefined {
    const bound = this.#server.address();
    return bound === null || typeof bound === "string" ? undefined : formatAddress(bound.address, bound.port);
  }

  /**
   * Binds `host:port` or `:port`.
   *
   * @throws StartError when the address can't be had.
   */
  async listen(address: string): Promise<void> {
    const parsed = parseListenAddress(address, "plugins.prometheus.listen_address");
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => {
        const reason = reasons[error.code ?? ""] ?? error.message;
        const message = `plugin prometheus cannot listen on ${address}: ${reason} (plugins.prometheus.listen_address)`;
        reject(new StartError("plugin prometheus", message, { cause: error }));
      });
      this.#server.listen(parsed.kind === "tcp" ? { host: parsed.host, port: parsed.port } : parsed, resolve);
    });
    this.#server.removeAllListeners("error").on("error", this.#onError);
  }

  /** Frees the port; requests that are being answered are cut off. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { body, status, type } = await this.#answer(request);
    if (status === 405) response.setHeader("allow", "GET, HEAD");
    response.writeHead(status, {
      "content-type": type,
      "content-length": Buffer.byteLength(body),
      "cache-control": "no-store",
    });
    response.end(body);
  }

  async #answer(request: IncomingMessage): Promise<Page> {
    const [path = ""] = (request.url ?? "").split("?", 1);
    const page = this.#pages.get(path);
    if (page === undefined) return textPage(404, `there are ${[...this.#pages.keys()].join(", ")}`);
    if (request.method !== "GET" && request.method !== "HEAD") return textPage(405, "only GET and HEAD");
    try {
      return await page();
    } catch (error) {
      this.#onError(error);
      return textPage(500, "internal error");
    }
  }
}
