/** The broker: starts the rooms in order, stops them in reverse, and is what plugins and embedders hold in their hands. */

import { Client, type ClientEnvironment } from "./client/client.ts";
import { ClientRegistry } from "./client/client-registry.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type BrokerConfig, type BrokerConfigInput, resolveConfig } from "./config/index.ts";

import type { Hooks } from "./hooks/hooks.ts";
import { transportOfStream } from "./listeners/attach.ts";
import { openListener } from "./listeners/open-listener.ts";
import type { Listener, RawStream, Transport } from "./listeners/transport.ts";
import { type Logger, silentLogger } from "./logger.ts";
import type { Persistence } from "./persistence/persistence.ts";
import { type ApiRegistrar, createApiRegistrar } from "./plugin/api-registrar.ts";
import { assertPlugins } from "./plugin/check-plugin.ts";
import type { Plugin } from "./plugin/plugin.ts";
import type {
  ApplyResult,
  ClientService,
  Publisher,
  Readiness,
  RetainedService,
  Server,
  StreamInfo,
  SubscriptionService,
} from "./plugin/server.ts";
import type { DeliveryFilter, DeliveryFilterHandle } from "./router/delivery-filter.ts";
import { Admission } from "./server/admission.ts";
import { createBrokerMemory } from "./server/broker-memory.ts";
import { type Core, createCore } from "./server/core.ts";
import { loadPlugins, preparePlugins } from "./server/plugin-life.ts";
import { reload } from "./server/reload.ts";
import { restoreState } from "./server/restore.ts";
import { createClientService } from "./server/services/client-service.ts";
import { filterDeliveries } from "./server/services/delivery-filters.ts";
import { watchPackets } from "./server/services/packet-watch.ts";
import { createPublisher } from "./server/services/publisher.ts";
import { createRetainedService } from "./server/services/retained-service.ts";
import { createStatsManager } from "./server/services/stats-manager.ts";
import { createSubscriptionService } from "./server/services/subscription-service.ts";
import { disconnectAll, settleStore } from "./server/shutdown.ts";
import { persistenceFor, startStep } from "./server/start-step.ts";
import { SysTopics } from "./server/sys/sys-topics.ts";
import { UndoStack } from "./server/undo-stack.ts";
import type { StatsManager } from "./stats/stats.ts";
import { TurnoverSet } from "./turnover.ts";
import { VERSION } from "./version.ts";

/** How a broker is made. Everything is optional: without anything it listens nowhere and is used in memory. */
export interface BrokerOptions {
  /** Partial, or as `readConfig` gave it. Default: listens on nothing. Throws `ConfigError` when it can't be used. */
  readonly config?: BrokerConfigInput | BrokerConfig;
  /** In chain order: the first is outermost. Default: none. */
  readonly plugins?: readonly Plugin[];
  /** Default: what a plugin provides under the name in `persistence.type`; for "memory" the memory store. */
  readonly persistence?: Persistence;
  /** Default: says nothing. */
  readonly logger?: Logger;
  /** Default: real time. */
  readonly clock?: Clock;
  /** Numbers from 0 up to 1. Default: `Math.random`. */
  readonly random?: () => number;
  /** Where relative file names start. Default: the working directory. */
  readonly baseDirectory?: string;
}

/** A broker that can be started. */
export interface Broker extends Server {
  /**
   * Opens the store, restores what it holds, loads plugins in order, listens. Rejects with `StartError` (which names the
   * culprit) or `ConfigError`; what had been started is stopped again.
   */
  start(): Promise<void>;
  /** Resolves when the broker has stopped, whoever asked for it: a store that was taken over by another broker does. */
  readonly stopped: Promise<void>;
}

/** Makes a broker. Nothing happens before `start`. */
export function createBroker(options: BrokerOptions = {}): Broker {
  return new BrokerServer(options);
}

type Phase = "new" | "starting" | "running" | "stopping" | "stopped";

class BrokerServer implements Broker {
  readonly version: string = VERSION;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly plugins: readonly Plugin[];
  readonly publisher: Publisher;
  readonly clientService: ClientService;
  readonly subscriptionService: SubscriptionService;
  readonly retainedService: RetainedService;
  readonly statsManager: StatsManager;
  readonly apiRegistrar: ApiRegistrar = createApiRegistrar();
  readonly stopped: Promise<void>;
  readonly #options: BrokerOptions;
  readonly #persistence: Persistence;
  readonly #core: Core;
  readonly #clients: ClientRegistry = new ClientRegistry();
  /** Connections with their transport open, whatever state they are in. */
  readonly #open: TurnoverSet<Client> = new TurnoverSet();
  readonly #admission: Admission;
  readonly #environment: ClientEnvironment;
  readonly #undo: UndoStack;
  #listeners: Listener[] = [];
  #phase: Phase = "new";
  #restored = 0;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  #tellStopped: () => void = () => {};

  constructor(options: BrokerOptions) {
    this.stopped = new Promise((resolve) => {
      this.#tellStopped = resolve;
    });
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.logger = options.logger ?? silentLogger;
    this.plugins = options.plugins ?? [];
    assertPlugins(this.plugins);
    const config = resolveConfig(options.config ?? { listeners: [] });
    this.#persistence = options.persistence ?? persistenceFor(config.persistence.type, this.plugins);
    this.#undo = new UndoStack((culprit, error) => this.logger.error({ err: error, culprit }, "could not be stopped"));
    this.#core = createCore({
      config,
      clock: this.clock,
      logger: this.logger,
      plugins: this.plugins,
      persistence: this.#persistence,
      clients: this.#clients,
    });
    const { services, shared, population } = this.#core;
    this.#environment = {
      broker: services,
      shared,
      clients: this.#clients,
      random: options.random ?? Math.random,
      onGone: (client) => {
        this.#open.delete(client);
        this.#admission.left(client.connection.transport);
      },
    };
    this.#admission = new Admission({
      config: () => this.config,
      monotonic: () => this.clock.monotonic(),
      population,
      onAccept: () => services.hooks.onAccept,
      admit: (transport) => this.#serve(transport),
    });
    this.publisher = createPublisher(services);
    this.clientService = createClientService(services, this.#clients);
    this.subscriptionService = createSubscriptionService(services, this.#clients);
    this.retainedService = createRetainedService(services);
    this.statsManager = createStatsManager(this.#core, this.#clients);
  }

  get config(): BrokerConfig {
    return this.#core.services.config;
  }

  get listeners(): readonly Listener[] {
    return this.#listeners;
  }

  pluginsOf(hook: keyof Hooks): readonly string[] {
    return this.#core.hookMembers.get(hook) ?? [];
  }

  get readiness(): Readiness {
    return {
      ready: this.#unreadyReason === undefined,
      reason: this.#unreadyReason ?? "ok",
      restoredSessions: this.#restored,
    };
  }

  get #unreadyReason(): string | undefined {
    if (this.#phase === "new" || this.#phase === "starting") return "starting";
    if (this.#phase !== "running") return "stopping";
    return this.#core.services.journal.available ? undefined : "store unavailable";
  }

  async start(): Promise<void> {
    if (this.#phase !== "new") throw new Error("a broker is started once");
    this.#phase = "starting";
    this.#starting = this.#start();
    await this.#starting;
  }

  async #start(): Promise<void> {
    try {
      await preparePlugins(this, this.plugins, this.#undo);
      await this.#openStore();
      await startStep(`persistence ${this.config.persistence.type}`, () =>
        restoreState(this.#core.services, (sessions) => {
          this.#restored = sessions;
        }),
      );
      await loadPlugins(this, this.plugins, this.#undo);
      await this.#listen();
    } catch (error) {
      this.#phase = "stopped";
      for (const client of this.#open.all()) client.connection.destroy();
      await this.#undo.run();
      this.#core.shared.wheel.stop();
      throw error;
    }
    this.#phase = "running";
    this.#explainSettings();
    this.#startSysTopics();
    this.logger.info(
      {
        version: this.version,
        listeners: this.#listeners.map(({ kind, address }) => `${kind} ${address}`),
        plugins: this.plugins.map(({ name }) => name),
        persistence: this.config.persistence.type,
        sessions: this.#restored,
      },
      "broker started",
    );
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop().then(this.#tellStopped);
    return this.#stopping;
  }

  applyConfig(next: BrokerConfig): Promise<ApplyResult> {
    return reload({ core: this.#core, plugins: this.plugins, listeners: this.#listeners }, next);
  }

  acceptTransport(transport: Transport): void {
    this.#accept(transport, false);
  }

  acceptStream(stream: RawStream, info: StreamInfo = {}): void {
    this.acceptTransport(transportOfStream(stream, info));
  }

  watchPackets(watcher: Parameters<Server["watchPackets"]>[0]): () => void {
    return watchPackets(this.#core.shared.taps, watcher, this.logger);
  }

  filterDeliveries(filter: DeliveryFilter): DeliveryFilterHandle {
    return filterDeliveries(this.#core.services, filter);
  }

  #accept(transport: Transport, counted: boolean): void {
    this.#core.shared.scheduler.accepted();
    if (this.#phase === "running" || this.#phase === "starting") {
      this.#admission.enter(transport, counted);
      return;
    }
    transport.destroy();
    if (counted) this.#admission.left(transport);
  }

  #serve(transport: Transport): void {
    if (this.#phase !== "running" && this.#phase !== "starting") {
      transport.destroy();
      this.#admission.left(transport);
      return;
    }
    const client = new Client(transport, this.#environment);
    this.#open.add(client);
    client.start();
  }

  async #openStore(): Promise<void> {
    const type = this.config.persistence.type;
    this.#persistence.onAvailability?.((available) => {
      const { journal, population } = this.#core.services;
      if (!available && journal.available) population.storeOutages++;
      journal.available = available;
      if (available) this.logger.info({ type }, "store is available");
      else this.logger.error({ type }, "store is unavailable");
    });
    const memory = createBrokerMemory(this.#core.services);
    await startStep(`persistence ${type}`, () => this.#persistence.open(memory));
    this.#undo.push(`persistence ${type}`, () => this.#persistence.close());
    this.#undo.push("journal", () => this.#core.services.journal.close());
  }

  async #listen(): Promise<void> {
    const door = {
      enter: (address: string) => this.#admission.count(address),
      leave: (address: string) => this.#admission.discount(address),
    };
    for (const [index, config] of this.config.listeners.entries()) {
      const listener = await openListener(config, {
        baseDirectory: this.#options.baseDirectory ?? process.cwd(),
        accept: (transport, counted) => this.#accept(transport, counted === true),
        door,
        logger: this.logger,
        maximumPayload: () => this.config.mqtt.maxPacketSize,
        path: `listeners.${index}`,
      });
      this.#listeners.push(listener);
      this.#undo.push(`listener ${listener.name}`, () => listener.close());
      this.logger.info({ kind: listener.kind, address: listener.address, name: listener.name }, "listening");
    }
  }

  /** Settings that gmqtt's files bring along and that change nothing here. */
  #explainSettings(): void {
    if (this.config.mqtt.sessionExpiryCheckInterval === 20_000) return;
    const key = "mqtt.session_expiry_check_interval";
    this.logger.info({ key }, "setting has no effect: sessions end on time, nothing looks for them");
  }

  #startSysTopics(): void {
    const topics = new SysTopics(this);
    topics.start(this.#core.services);
    this.#undo.push("$SYS topics", () => topics.stop());
  }

  async #stop(): Promise<void> {
    // What has begun is finished, or undone by itself, before it is taken down.
    await this.#starting?.catch(() => {});
    if (this.#phase === "new" || this.#phase === "stopped") {
      this.#phase = "stopped";
      return;
    }
    this.#phase = "stopping";
    this.logger.info({}, "broker is stopping");
    const { services } = this.#core;
    for (const listener of this.#listeners) await listener.close();
    await disconnectAll(this.#open, services);
    await settleStore(services);
    try {
      await services.hooks.onStop?.();
    } catch (error) {
      this.logger.error({ err: error }, "onStop failed");
    }
    await this.#undo.run();
    this.#core.shared.wheel.stop();
    this.#phase = "stopped";
    this.logger.info({}, "broker stopped");
  }
}
