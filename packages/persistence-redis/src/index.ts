/** The plugin `persistence-redis`: what must survive lies in Redis or Valkey. */

import { definePlugin, type PluginDefinition } from "@gmqtt/broker";
import { configSchema, type RedisConfig } from "./config.ts";
import { createPlugin } from "./plugin.ts";

const definition: PluginDefinition<RedisConfig> = definePlugin({
  name: "persistence-redis",
  configSchema,
  create: createPlugin,
});

export default definition;
export type { RedisConfig } from "./config.ts";
export { RedisPersistence, type RedisPersistenceOptions } from "./redis-persistence.ts";
