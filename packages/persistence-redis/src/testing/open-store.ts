/** Stores for tests: each on a prefix of its own, behind a proxy that can cut it off. */

import { randomUUID } from "node:crypto";
import { type Logger, silentLogger } from "@gmqtt/broker";
import { Redis } from "ioredis";
import { configSchema, type RedisConfig } from "../config.ts";
import { RedisPersistence } from "../redis-persistence.ts";
import { TcpProxy } from "./tcp-proxy.ts";

/** The defaults, with some keys of the section as it is written in the file. */
export function configOf(section: Record<string, unknown>): RedisConfig {
  const result = configSchema.safeParse(section);
  if (result.success) return result.data;
  throw new Error(result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
}

/** The state on one prefix: a source of stores for a test broker, and a store under test. */
export class TestStore {
  readonly prefix: string = `test-${randomUUID()}:`;
  readonly admin: Redis;
  readonly proxy: TcpProxy;
  /** Stores that lost their keys to another. */
  fenced = 0;
  readonly #section: Record<string, unknown>;
  readonly #logger: Logger;

  private constructor(proxy: TcpProxy, admin: Redis, section: Record<string, unknown>, logger: Logger) {
    this.proxy = proxy;
    this.admin = admin;
    this.#section = section;
    this.#logger = logger;
  }

  static async create(
    port: number,
    section: Record<string, unknown> = {},
    logger: Logger = silentLogger,
  ): Promise<TestStore> {
    return new TestStore(await TcpProxy.listen(port), new Redis({ port }), section, logger);
  }

  get config(): RedisConfig {
    const addr = `127.0.0.1:${this.proxy.port}`;
    return configOf({ addr, key_prefix: this.prefix, unavailable_after: "10ms", ...this.#section });
  }

  connect(): RedisPersistence {
    return new RedisPersistence({
      config: this.config,
      logger: this.#logger,
      baseDirectory: ".",
      onFenced: () => {
        this.fenced++;
      },
    });
  }

  async setAvailable(available: boolean): Promise<void> {
    await this.proxy.setOpen(available);
  }

  async dispose(): Promise<void> {
    const keys = await this.admin.keys(`${this.prefix}*`);
    if (keys.length > 0) await this.admin.unlink(keys);
    this.admin.disconnect();
    await this.proxy.close();
  }
}
