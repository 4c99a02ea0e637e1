/** Wires the rooms together: one object with everything that handlers and sessions need. */

import { TopicTable } from "@gmqtt/packets";
import type { ClientRegistry } from "../client/client-registry.ts";
import { type Clock, SteadyClock } from "../clock.ts";
import type { BrokerConfig } from "../config/index.ts";
import { ChunkPool } from "../connection/chunk-pool.ts";
import type { ConnectionShared } from "../connection/connection.ts";
import { FlushScheduler } from "../connection/flush-scheduler.ts";
import { PacketTaps } from "../connection/packet-taps.ts";
import type { BrokerServices } from "../handlers/context.ts";
import { handOverFromAbsent, handOverFromEnding } from "../handlers/hand-over.ts";
import { publishWill } from "../handlers/will.ts";
import { composeHooks, type HookObserver } from "../hooks/chain.ts";
import type { Hooks } from "../hooks/hooks.ts";
import type { Logger } from "../logger.ts";
import { Journal } from "../persistence/journal.ts";
import type { Persistence } from "../persistence/persistence.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { RetainedMessages } from "../router/retained.ts";
import type { Route } from "../router/route.ts";
import { Router } from "../router/router.ts";
import { SubscriptionTable } from "../router/subscriptions.ts";
import { SessionRegistry } from "../session/registry.ts";
import { DeliveryTimes } from "../stats/delivery-times.ts";
import { PopulationCounters, TrafficCounters } from "../stats/stats.ts";
import { TimerWheel } from "../timer-wheel.ts";

/** What a core is made of. */
export interface CoreOptions {
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly plugins: readonly Plugin[];
  readonly persistence: Persistence;
  readonly clients: ClientRegistry;
}

/** The rooms, connected. */
export interface Core {
  /** Its `config` is replaced on reload. */
  readonly services: BrokerServices & { config: BrokerConfig };
  readonly shared: ConnectionShared;
  readonly population: PopulationCounters;
  /** Told how long plugins take; undefined while nobody measures. */
  hookObserver: HookObserver | undefined;
  /** Names of the plugins in each hook, the outermost first. */
  readonly hookMembers: ReadonlyMap<keyof Hooks, readonly string[]>;
}

export function createCore(options: CoreOptions): Core {
  const { clients, logger, persistence, plugins } = options;
  const clock = new SteadyClock(options.clock);
  const population = new PopulationCounters();
  const traffic = new TrafficCounters();
  const monotonic = (): number => clock.monotonic();
  const deliveryTimes = new DeliveryTimes(monotonic);
  const wheel = new TimerWheel(clock, (error) => {
    population.internalErrors++;
    logger.error({ err: error }, "internal error in a timer");
  });
  const scheduler = new FlushScheduler(monotonic);
  const journal = new Journal({
    persistence,
    clock,
    logger,
    schedule: () => scheduler.schedule(),
    maxPending: () => services.config.limits.maxPendingCommits,
  });
  scheduler.beforeFlush = () => journal.commit();
  const topics = new TopicTable<Route>();
  const router = new Router(() => services.config.mqtt.deliveryMode === "overlap", topics);
  const retained = new RetainedMessages({
    now: () => clock.now(),
    wheel,
    maxMessages: () => services.config.limits.maxRetainedMessages,
    maxBytes: () => services.config.limits.maxRetainedBytes,
    onChange: (topic, message) => {
      journal.record(message === undefined ? { type: "retained-delete", topic } : { type: "retained-put", message });
    },
  });
  const hookMembers = new Map<keyof Hooks, readonly string[]>();
  const hooks = composeHooks(plugins, {
    timeout: () => services.config.hookTimeout,
    wheel,
    logger,
    population,
    monotonic,
    observer: () => core.hookObserver,
    members: hookMembers,
  });
  const rooms = {
    config: options.config,
    clock,
    wheel,
    logger,
    journal,
    persistence,
    population,
    traffic,
    deliveryTimes,
    hooks,
    router,
    retained,
    subscriptions: new SubscriptionTable(router, journal, population),
    dropped: ((clientId, message, qos, reason) => {
      traffic.messageDropped(qos, reason);
      clients.get(clientId)?.connection.counters.messageDropped(qos, reason);
      hooks.onMsgDropped?.(clientId, message, reason);
    }) satisfies BrokerServices["dropped"],
  };
  const sessions: SessionRegistry = new SessionRegistry(rooms, {
    willDue: (clientId, will) => publishWill(services, clientId, will),
    left: (session) => handOverFromAbsent(services, session),
    ending: (session) => {
      handOverFromEnding(services, session);
      services.subscriptions.dropAll(session);
    },
    ended: (clientId, reason) => void hooks.onSessionTerminated?.(clientId, reason),
  });
  // Added to the same object, not by a getter in it: V8 makes a dictionary of a literal with a getter, and every packet reads here.
  const services: Core["services"] = Object.assign(rooms, { sessions });
  const shared = {
    clock,
    scheduler,
    pool: new ChunkPool(),
    journal,
    wheel,
    topics,
    taps: new PacketTaps(),
    traffic,
    deliveryTimes,
    messagesSeen:
      hooks.onMsgArrived !== undefined || hooks.onDelivered !== undefined || hooks.onMsgDropped !== undefined,
  };
  const core: Core = { services, shared, population, hookObserver: undefined, hookMembers };
  return core;
}
