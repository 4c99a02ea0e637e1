/** What the plugin gives the broker: the store, and a broker that has lost its keys stops. */

import type { Plugin, PluginContext, Server } from "@gmqtt/broker";
import { POOL_KEYS, type RedisConfig } from "./config.ts";
import { RedisPersistence } from "./redis-persistence.ts";

export function createPlugin(config: RedisConfig, context: PluginContext): Plugin {
  const { baseDirectory, logger } = context;
  let server: Server | undefined;
  for (const key of POOL_KEYS) {
    if (config[key] === undefined) continue;
    logger.info(
      { key: `persistence.redis.${key}` },
      "setting has no effect: one connection carries all commands, there is no pool to bound",
    );
  }
  return {
    name: "persistence-redis",
    persistence: {
      type: "redis",
      create: () => new RedisPersistence({ config, logger, baseDirectory, onFenced: () => void server?.stop() }),
    },
    load: (loaded) => {
      server = loaded;
    },
    unload: () => {},
    hookWrapper: () => ({}),
  };
}
