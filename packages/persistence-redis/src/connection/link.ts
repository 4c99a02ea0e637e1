/** The one connection to Redis: made, watched, made again. What is sent while it is down is refused, never queued. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { ConnectionOptions } from "node:tls";
import type { Logger } from "@gmqtt/broker";
import { Cluster, Redis } from "ioredis";
import type { RedisConfig } from "../config.ts";
import { checkServer } from "./server-check.ts";

/** First and longest pause between two attempts to connect: milliseconds. */
const SHORTEST_PAUSE = 50;
const LONGEST_PAUSE = 1000;

/** Told of the connection's ups and downs. */
export interface LinkEvents {
  up(): void;
  down(error: Error | undefined): void;
}

export class Link {
  readonly client: Redis | Cluster;
  readonly #config: RedisConfig;
  readonly #events: LinkEvents;
  #up = false;
  #closed = false;
  #lastError: Error | undefined;
  #readyTimer: NodeJS.Timeout | undefined;
  #onFirst: ((error: Error | undefined) => void) | undefined;

  constructor(config: RedisConfig, baseDirectory: string, events: LinkEvents) {
    this.#config = config;
    this.#events = events;
    this.client = createClient(config, baseDirectory, () => this.#closed);
    this.client.on("error", (error: Error) => {
      this.#lastError = error;
    });
    this.client.on("connect", () => this.#awaitReady());
    this.client.on("ready", () => this.#ready());
    this.client.on("close", () => this.#gone());
  }

  get up(): boolean {
    return this.#up;
  }

  /** Why it is down, as far as that is known. */
  get lastError(): Error | undefined {
    return this.#lastError;
  }

  /** Tries for `connect_timeout`. Rejects with what went wrong last. */
  async open(): Promise<void> {
    const first = new Promise<Error | undefined>((done) => {
      this.#onFirst = done;
    });
    const timer = setTimeout(
      () => this.#onFirst?.(this.#lastError ?? new Error(`no answer within ${this.#config.connect_timeout} ms`)),
      this.#config.connect_timeout,
    );
    this.client.connect().catch(() => {}); // it goes on trying, and `ready` says when it is through
    const error = await first;
    clearTimeout(timer);
    this.#onFirst = undefined;
    if (error === undefined) return;
    this.close();
    throw unusable(this.#config, error);
  }

  /** Warns of a server that forgets. Rejects when it can't be used. */
  async check(logger: Logger): Promise<void> {
    const info = await this.client.info().catch((error: unknown) => {
      if (isRefusal(error)) return ""; // we may not ask
      throw error;
    });
    const { problem, warnings } = checkServer(info);
    const redis = describe(this.#config);
    for (const { fields, text } of warnings) logger.warn({ redis, ...fields }, text);
    if (problem !== undefined) throw new Error(`redis at ${redis} can't be used: ${problem}`);
  }

  /** Gives up a connection that does not answer; a new one is made. */
  drop(reason: string): void {
    if (this.#closed) return;
    this.#lastError = new Error(reason);
    this.client.disconnect(true);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#readyTimer);
    this.client.disconnect();
  }

  /** TCP is there; a server that was stopped takes connections and says nothing. */
  #awaitReady(): void {
    clearTimeout(this.#readyTimer);
    const { connect_timeout } = this.#config;
    this.#readyTimer = setTimeout(() => this.drop(`not ready within ${connect_timeout} ms`), connect_timeout);
  }

  #ready(): void {
    clearTimeout(this.#readyTimer);
    this.#up = true;
    this.#lastError = undefined;
    this.#onFirst?.(undefined);
    this.#events.up();
  }

  #gone(): void {
    clearTimeout(this.#readyTimer);
    if (!this.#up) return;
    this.#up = false;
    if (!this.#closed) this.#events.down(this.#lastError);
  }
}

/** Redis answered, and the answer is no; false for a connection that was lost. */
export function isRefusal(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

/** What ioredis says of a command whose connection went. */
const LOST = /^Connection is closed|^Stream isn't writeable|max retries per request/;

/** The connection went while a command was under way, or just before. */
export function isLoss(error: unknown): boolean {
  return error instanceof Error && LOST.test(error.message);
}

/** An error that says which Redis can't be used, and why. */
export function unusable(config: RedisConfig, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  const reason = isLoss(cause) ? "the connection was lost" : message;
  return new Error(`redis at ${describe(config)} can't be used: ${reason}`, { cause });
}

/** Where Redis is, for messages. */
export function describe({ addr, cluster, sentinel }: RedisConfig): string {
  const nodes = sentinel?.addresses ?? cluster ?? [addr];
  return nodes.map(({ host, port }) => `${host}:${port}`).join(", ");
}

function createClient(config: RedisConfig, baseDirectory: string, closed: () => boolean): Redis | Cluster {
  const pause = (attempt: number): number | null =>
    closed() ? null : Math.min(SHORTEST_PAUSE * 2 ** Math.min(attempt - 1, 10), LONGEST_PAUSE);
  const options = {
    lazyConnect: true,
    replyMapping: "legacy" as const,
    db: config.database,
    connectTimeout: config.connect_timeout,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: pause,
    // A replica that was our primary: the next attempt asks anew who is.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
    ...(config.username === "" ? {} : { username: config.username }),
    ...(config.password === "" ? {} : { password: config.password }),
    ...(config.tls === undefined ? {} : { tls: tlsOptions(config.tls, baseDirectory) }),
    // Without this, what sentinels name is spoken to in the clear, whatever `tls` says.
    enableTLSForSentinelMode: config.tls !== undefined,
  };
  const { cluster, sentinel } = config;
  if (cluster !== undefined) {
    return new Cluster([...cluster], {
      lazyConnect: true,
      enableOfflineQueue: false,
      clusterRetryStrategy: pause,
      redisOptions: options,
    });
  }
  if (sentinel === undefined) return new Redis({ ...options, ...config.addr });
  return new Redis({
    ...options,
    sentinels: [...sentinel.addresses],
    name: sentinel.master,
    sentinelRetryStrategy: pause,
    ...(sentinel.username === undefined ? {} : { sentinelUsername: sentinel.username }),
    ...(sentinel.password === undefined ? {} : { sentinelPassword: sentinel.password }),
    ...(sentinel.tls === undefined ? {} : { sentinelTLS: tlsOptions(sentinel.tls, baseDirectory) }),
  });
}

function tlsOptions(tls: NonNullable<RedisConfig["tls"]>, baseDirectory: string): ConnectionOptions {
  const read = (name: string): Buffer => readFileSync(resolve(baseDirectory, name));
  return {
    rejectUnauthorized: tls.verify,
    ...(tls.cacert === undefined ? {} : { ca: read(tls.cacert) }),
    ...(tls.cert === undefined ? {} : { cert: read(tls.cert) }),
    ...(tls.key === undefined ? {} : { key: read(tls.key) }),
    ...(tls.server_name === undefined ? {} : { servername: tls.server_name }),
  };
}
