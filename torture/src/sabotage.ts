/** Stores with a broken promise, for testing the checker; `TORTURE_SABOTAGE` says which. */

import { definePlugin, type Persistence, type PluginDefinition, type StoreChange } from "@gmqtt/broker";
import redis, { type RedisConfig } from "@gmqtt/persistence-redis";
import { isSabotage, type Sabotage } from "./sabotages.ts";

/** How long a killed broker takes acknowledged changes with it: milliseconds. */
const LATE = 150;

/** What is kept of a change; undefined: nothing. */
type Spoil = (change: StoreChange) => StoreChange | undefined;

const forgetful: Readonly<Record<Exclude<Sabotage, "early">, Spoil>> = {
  incoming: (change) => (change.type === "incoming-put" ? undefined : change),
  subscriptions: (change) => (change.type === "subscription-delete" ? undefined : change),
  retained: (change) => (change.type === "retained-put" ? undefined : change),
  wills: (change) =>
    change.type === "session-put" ? { ...change, session: { ...change.session, will: undefined } } : change,
};

const definition: PluginDefinition<RedisConfig> = definePlugin({
  ...redis,
  create(config: RedisConfig, context: Parameters<typeof redis.create>[1]) {
    const plugin = redis.create(config, context);
    const { persistence } = plugin;
    if (persistence === undefined) throw new Error("the redis plugin provides no store");
    const kind = process.env.TORTURE_SABOTAGE;
    if (!isSabotage(kind)) throw new Error(`no such sabotage: ${kind}`);
    return { ...plugin, persistence: { type: persistence.type, create: () => spoiled(persistence.create(), kind) } };
  },
});

function spoiled(store: Persistence, kind: Sabotage): Persistence {
  return {
    durable: true,
    open: (memory) => store.open(memory),
    sessions: () => store.sessions(),
    retained: () => store.retained(),
    deliveries: (clientId, after, limit) => store.deliveries(clientId, after, limit),
    commit(changes) {
      if (kind !== "early") return store.commit(changes.flatMap((change) => forgetful[kind](change) ?? []));
      setTimeout(() => void store.commit(changes), LATE);
    },
    onAvailability: (listener) => store.onAvailability?.(listener),
    close: () => store.close(),
  };
}

// biome-ignore lint/style/noDefaultExport: gmqttd loads it as a plugin
export default definition;
