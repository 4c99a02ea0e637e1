/** One life of a test broker, from its start to its stop or its sudden death. */

import { type Broker, createBroker, createMemoryPair, type Transport, type TransportInfo } from "@gmqtt/broker";
import type { Activity } from "../activity.ts";
import { ClockScope } from "../clock/clock-scope.ts";
import type { VirtualClock } from "../clock/virtual-clock.ts";
import { CutTransport } from "./cut-transport.ts";
import type { LogBook } from "./log-book.ts";
import type { PendingCommits, TestBrokerOptions } from "./options.ts";
import { WatchedPersistence } from "./watched-persistence.ts";
import { watchPlugin } from "./watched-plugin.ts";

/** What every life of the same test broker shares. */
export interface RunContext {
  readonly options: TestBrokerOptions;
  readonly clock: VirtualClock;
  readonly activity: Activity;
  readonly log: LogBook;
  readonly random: () => number;
}

/** One life of a test broker. */
export class BrokerRun {
  readonly broker: Broker;
  readonly #context: RunContext;
  readonly #scope: ClockScope;
  readonly #persistence: WatchedPersistence | undefined;
  readonly #transports: Set<CutTransport> = new Set();

  constructor(context: RunContext) {
    const { options, clock, activity, log, random } = context;
    const { config, plugins = [], persistence, baseDirectory } = options;
    this.#context = context;
    this.#scope = new ClockScope(clock);
    this.#persistence =
      persistence && new WatchedPersistence(persistence.connect(), activity, persistence.virtual !== true);
    this.broker = createBroker({
      config: { ...config, listeners: [] },
      plugins: (typeof plugins === "function" ? plugins() : plugins).map((plugin) => watchPlugin(plugin, activity)),
      clock: this.#scope,
      logger: log,
      random,
      ...(this.#persistence === undefined ? {} : { persistence: this.#persistence }),
      ...(baseDirectory === undefined ? {} : { baseDirectory }),
    });
  }

  /** Resolves when the broker is up; rejects as its start does. */
  async start(): Promise<void> {
    await this.#context.clock.drive(this.broker.start());
  }

  /** A new connection; the broker has one side, the caller gets the other. */
  open(info: Partial<TransportInfo>): Transport {
    const [serverSide, clientSide] = createMemoryPair(info);
    const transport = new CutTransport(serverSide, () => this.#context.activity.moved());
    this.#transports.add(transport);
    this.broker.acceptTransport(transport);
    return clientSide;
  }

  /** Stops gracefully, letting as much time pass as that needs. */
  async stop(): Promise<void> {
    await this.#context.clock.drive(this.broker.stop());
    this.#scope.end();
  }

  /** Ends as SIGKILL would: no timer, no connection and no store any more, and nobody is told. */
  kill(pending: PendingCommits): void {
    this.#persistence?.cut(pending);
    this.#scope.end();
    for (const transport of this.#transports) transport.cut();
  }
}
