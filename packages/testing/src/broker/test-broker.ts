/** A broker for tests: no sockets, virtual time, and the same run every time. */

import { AssertionError } from "node:assert";
import type { Broker, TransportInfo } from "@gmqtt/broker";
import type { ConnackPacket } from "@gmqtt/packets";
import { Activity } from "../activity.ts";
import type { ConnectOptions } from "../client/connect-options.ts";
import { describePacket } from "../client/describe-packet.ts";
import { type OpenOptions, TestClient } from "../client/test-client.ts";
import { VirtualClock } from "../clock/virtual-clock.ts";
import { BrokerRun, type RunContext } from "./broker-run.ts";
import { LogBook, type LogLine } from "./log-book.ts";
import { type PendingCommits, repeatableRandom, type TestBrokerOptions } from "./options.ts";

/** How a connection is opened that speaks for itself. */
export interface OpenConnectionOptions extends OpenOptions {
  /** What the broker is told of the peer, for example its address. */
  readonly info?: Partial<TransportInfo>;
}

/** How a client connects to a test broker. */
export interface ConnectClientOptions extends ConnectOptions, Omit<OpenConnectionOptions, "version" | "autoAck"> {}

/** How a broker ends and comes back. */
export interface RestartOptions {
  /** Virtual milliseconds between the end and the new start. Default: 0. */
  readonly downtime?: number;
}

/** How a broker is killed. */
export interface CrashOptions extends RestartOptions {
  /** What becomes of commits that the store had not carried out. Default: `lost`. */
  readonly pendingCommits?: PendingCommits;
}

/** A broker under test. Made by {@link createTestBroker}. */
export class TestBroker {
  readonly clock: VirtualClock;
  readonly #context: RunContext;
  readonly #activity: Activity;
  readonly #unwatch: () => void;
  #run: BrokerRun;
  #stopped = false;

  /** @internal */
  constructor(options: TestBrokerOptions) {
    this.clock = options.clock ?? new VirtualClock();
    this.#activity = new Activity(options.patience ?? 1_000);
    this.#context = {
      options,
      clock: this.clock,
      activity: this.#activity,
      log: new LogBook(options.logger),
      random: options.random ?? repeatableRandom(),
    };
    this.#unwatch = this.clock.watch(this.#activity);
    this.#run = new BrokerRun(this.#context);
  }

  /** The running broker: services, statistics, configuration. Another one after a restart. */
  get server(): Broker {
    return this.#run.broker;
  }

  /** Everything that was logged, over all restarts. */
  get log(): readonly LogLine[] {
    return this.#context.log.lines;
  }

  /** @internal */
  async start(): Promise<void> {
    try {
      await this.#run.start();
    } catch (error) {
      this.#unwatch();
      throw error;
    }
  }

  /** A connection without CONNECT. */
  open(options: OpenConnectionOptions = {}): TestClient {
    return new TestClient(this.#run.open(options.info ?? {}), this.#activity, options);
  }

  /**
   * A client whose CONNECT was accepted; fails when it was not. One that says nothing of keep alive is kept alive: it pings
   * by itself when the broker imposes an interval.
   */
  async connect(options: ConnectClientOptions = {}): Promise<TestClient> {
    const client = this.open(options);
    client.sendConnect(options);
    const connack = await client.next("connack");
    if (connack.reasonCode !== 0) {
      throw new AssertionError({ message: `expected to be connected, but came ${describePacket(connack)}` });
    }
    const imposed = connack.properties?.serverKeepAlive;
    if (options.keepAlive === undefined && imposed !== undefined) client.stayAlive(this.clock, imposed);
    return client;
  }

  /** The CONNACK with which a CONNECT was refused, undefined for a close without one; fails when it was accepted. */
  async refused(options: ConnectClientOptions = {}): Promise<ConnackPacket | undefined> {
    const client = this.open(options);
    client.sendConnect(options);
    await this.idle();
    const connack = client.connack;
    if (connack !== undefined) await client.next("connack");
    if (connack?.reasonCode === 0) throw new AssertionError({ message: "expected a refusal, but was connected" });
    await client.closed();
    return connack;
  }

  /** Resolves when nothing moves any more: all input is worked off, every answer has been read. */
  async idle(): Promise<void> {
    await this.#activity.idle();
  }

  /** Lets virtual time pass: see {@link VirtualClock.advance}. */
  async advance(milliseconds: number): Promise<void> {
    await this.clock.advance(milliseconds);
  }

  /** Waits for what plugins do outside the broker's sight, such as watching a file; fails after `timeout` real ms. */
  async until(condition: () => boolean, timeout: number = 5_000): Promise<void> {
    const end = performance.now() + timeout;
    while (!condition()) {
      if (performance.now() > end) throw new AssertionError({ message: `did not come true within ${timeout} ms` });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await this.idle();
  }

  /** Stops gracefully. Fails when the broker counted errors that are bugs. May be called again. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    await this.#run.stop();
    this.#unwatch();
    this.#assertNoBugs();
  }

  /** Stops gracefully and starts again on the same store. */
  async restart(options: RestartOptions = {}): Promise<void> {
    await this.#run.stop();
    this.#assertNoBugs();
    await this.#startAnew(options);
  }

  /** Ends as by SIGKILL and starts again on the same store: clients see the connection end, and no hook is told. */
  async crash(options: CrashOptions = {}): Promise<void> {
    this.#run.kill(options.pendingCommits ?? "lost");
    await this.#startAnew(options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #startAnew(options: RestartOptions): Promise<void> {
    await this.advance(options.downtime ?? 0);
    this.#run = new BrokerRun(this.#context);
    await this.#run.start();
    await this.idle();
  }

  #assertNoBugs(): void {
    const count = this.#run.broker.statsManager.population.internalErrors;
    if (count === 0 || this.#context.options.allowInternalErrors === true) return;
    const lines = this.log.filter((line) => line.level === "error").map((line) => describeLine(line));
    throw new AssertionError({ message: `the broker counted ${count} internal errors: ${lines.join("; ")}` });
  }
}

/** Starts a broker on a virtual clock, without listeners. Rejects as the broker's start does. */
export async function createTestBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
  const broker = new TestBroker(options);
  await broker.start();
  return broker;
}

function describeLine(line: LogLine): string {
  const { error, err } = line.fields as { error?: unknown; err?: unknown };
  const cause = error ?? err;
  return cause instanceof Error ? `${line.message}: ${cause.stack}` : line.message;
}
