/** A store with a broken promise, for testing the checker: it answers at once and stores a little later. */

import { definePlugin, type Persistence, type PluginDefinition } from "@gmqtt/broker";
import redis, { type RedisConfig } from "@gmqtt/persistence-redis";

/** How long a killed broker takes acknowledged changes with it: milliseconds. */
const LATE = 150;

const definition: PluginDefinition<RedisConfig> = definePlugin({
  ...redis,
  create(config: RedisConfig, context: Parameters<typeof redis.create>[1]) {
    const plugin = redis.create(config, context);
    const { persistence } = plugin;
    if (persistence === undefined) throw new Error("the redis plugin provides no store");
    return { ...plugin, persistence: { type: persistence.type, create: () => spoiled(persistence.create()) } };
  },
});

function spoiled(store: Persistence): Persistence {
  return {
    durable: true,
    open: (memory) => store.open(memory),
    sessions: () => store.sessions(),
    retained: () => store.retained(),
    deliveries: (clientId, after, limit) => store.deliveries(clientId, after, limit),
    commit(changes) {
      setTimeout(() => void store.commit(changes), LATE);
    },
    onAvailability: (listener) => store.onAvailability?.(listener),
    close: () => store.close(),
  };
}

// biome-ignore lint/style/noDefaultExport: gmqttd loads it as a plugin
export default definition;
