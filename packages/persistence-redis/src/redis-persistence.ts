/** The store itself: what the broker calls, and how it stands with Redis at any moment. */

import { setTimeout as delay } from "node:timers/promises";
import type {
  BrokerMemory,
  Logger,
  Persistence,
  RestoredSession,
  StoreChange,
  StoredDelivery,
  StoredMessage,
} from "@gmqtt/broker";
import { Cluster } from "ioredis";
import { ClusterCommits } from "./commit/cluster-commits.ts";
import { CommandWriter } from "./commit/command-writer.ts";
import { CommitEncoder } from "./commit/commit-command.ts";
import { CommitQueue, type CommitReply } from "./commit/commit-queue.ts";
import { Compiler, ProgressTables } from "./commit/compile.ts";
import { Outcome } from "./commit/scripts.ts";
import type { ProgressTable } from "./commit/session-plan.ts";
import type { RedisConfig } from "./config.ts";
import { Health } from "./connection/health.ts";
import { describe, isLoss, isRefusal, Link, unusable } from "./connection/link.ts";
import { Keys } from "./keys.ts";
import { Lease } from "./lease/lease.ts";
import { readDeliveries, readProgressTable } from "./read/read-deliveries.ts";
import { readRetained } from "./read/read-retained.ts";
import { readSessions } from "./read/read-sessions.ts";
import { withAddress } from "./read/with-address.ts";
import { rewrite, sweep } from "./recovery/rewrite.ts";

/** What the store is made of. */
export interface RedisPersistenceOptions {
  readonly config: RedisConfig;
  readonly logger: Logger;
  /** Where relative file names start. */
  readonly baseDirectory: string;
  /** Another broker has taken the keys: nothing can be stored any more, and what is in memory is not true any more. */
  readonly onFenced: () => void;
}

/** Pause before Redis is asked again after it refused something: milliseconds. */
const TROUBLE_PAUSE = 500;
/** Pause before a read is tried again whose connection was lost: milliseconds. */
const LOST_PAUSE = 50;

/** What happens at intervals of a store's life. */
type Phase = "closed" | "opening" | "open" | "fenced";

export class RedisPersistence implements Persistence {
  readonly durable: true = true;
  readonly #options: RedisPersistenceOptions;
  readonly #keys: Keys;
  readonly #link: Link;
  readonly #lease: Lease;
  /** How commits go in a cluster; undefined for a single server. */
  readonly #cluster: ClusterCommits | undefined;
  readonly #queue: CommitQueue;
  readonly #tables: ProgressTables = new ProgressTables();
  /** What a turn's changes are written with; the queue has copied them before the next turn comes. */
  readonly #writer: CommandWriter = new CommandWriter();
  readonly #health: Health;
  readonly #timers: NodeJS.Timeout[] = [];
  #memory: BrokerMemory | undefined;
  #phase: Phase = "closed";
  /** Redis and the queue agree; commits flow. */
  #synchronised = false;
  #synchronising = false;
  #downSince: number | undefined;
  /** Every session's progress is known. */
  #allProgressKnown = false;
  #waitingForUp: (() => void)[] = [];

  constructor(options: RedisPersistenceOptions) {
    const { config } = options;
    this.#options = options;
    this.#keys = new Keys(config.key_prefix);
    this.#health = new Health(options.logger, describe(config));
    this.#link = new Link(config, options.baseDirectory, {
      up: () => this.#synchronise(),
      down: (error) => this.#down(error),
    });
    const run = (script: string, ...args: (string | Buffer)[]): Promise<readonly unknown[]> =>
      this.#link.client.eval(script, 1, this.#keys.broker, ...args) as Promise<readonly unknown[]>;
    this.#lease = new Lease(run, config.lease_timeout);
    const { client } = this.#link;
    this.#cluster = client instanceof Cluster ? new ClusterCommits(client, this.#keys) : undefined;
    const encoder = new CommitEncoder(this.#keys.broker);
    this.#queue = new CommitQueue({
      send: (number, bytes, again) => {
        const { token } = this.#lease;
        if (this.#cluster !== undefined) return this.#cluster.send(token, number, bytes.commands);
        const command = again ? encoder.copy(token, number, bytes) : encoder.encode(token, number, bytes);
        return client.sendCommand(command) as Promise<CommitReply>;
      },
      reusesBytes: this.#cluster === undefined, // a cluster's client sends again by itself
      headroom: encoder.headroom,
      maxOutstanding: this.#cluster === undefined ? config.max_outstanding_commits : 1,
      onTrouble: (trouble) => this.#trouble(trouble),
      onProgress: () => this.#health.commits(),
    });
  }

  async open(memory?: BrokerMemory): Promise<void> {
    const { config } = this.#options;
    this.#memory = memory;
    this.#phase = "opening";
    await this.#link.open();
    try {
      await this.#link.check(this.#options.logger);
      await this.#lease.acquire();
      await this.#cluster?.recover();
    } catch (error) {
      this.#lease.abandon();
      this.#link.close();
      throw isRefusal(error) || isLoss(error) ? unusable(config, error) : error;
    }
    this.#phase = "open";
    this.#synchronised = true;
    this.#queue.resume(0);
    const look = Math.max(5, Math.min(250, config.unavailable_after / 2, config.command_timeout / 4));
    this.#timers.push(setInterval(() => this.#look(), look));
    this.#timers.push(setInterval(() => this.#renew(), config.lease_timeout / 3));
  }

  async *sessions(): AsyncIterable<readonly RestoredSession[]> {
    await this.#settled();
    const takeProgress = (clientId: string, table: ProgressTable): void => this.#tables.set(clientId, table);
    yield* withAddress(this.#options.config, readSessions(this.#link.client, this.#keys, takeProgress));
    this.#allProgressKnown = true;
  }

  async *retained(): AsyncIterable<readonly StoredMessage[]> {
    await this.#settled();
    yield* withAddress(this.#options.config, readRetained(this.#link.client, this.#keys));
  }

  async deliveries(clientId: string, after: number, limit: number): Promise<readonly StoredDelivery[]> {
    const { client } = this.#link;
    for (;;) {
      await this.#settled();
      try {
        const known = this.#allProgressKnown || this.#tables.get(clientId) !== undefined;
        if (!known) this.#tables.set(clientId, await readProgressTable(client, this.#keys, clientId));
        return await readDeliveries(client, this.#keys, clientId, after, limit, this.#tables.get(clientId));
      } catch (error) {
        if (isRefusal(error) || this.#phase !== "open") throw error;
        await delay(LOST_PAUSE); // the connection went, which is found out by itself; the next one is asked again
      }
    }
  }

  commit(changes: readonly StoreChange[]): Promise<void> {
    const compiler = new Compiler(this.#keys, this.#tables);
    for (const change of changes) compiler.add(change);
    this.#writer.reset();
    return this.#queue.add(compiler.finish(this.#writer));
  }

  onAvailability(listener: (available: boolean) => void): void {
    this.#health.listen(listener);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    const release = this.#phase === "open" && this.#link.up;
    this.#phase = "closed";
    this.#queue.pause();
    if (release) await this.#lease.release().catch(() => {}); // it runs out by itself
    this.#lease.abandon();
    this.#link.close();
  }

  /** Ends without a word to Redis, as a killed process does. */
  abandon(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#phase = "closed";
    this.#queue.pause();
    this.#lease.abandon();
    this.#link.close();
  }

  /** Resolves when everything that was called is stored and Redis can be asked. */
  async #settled(): Promise<void> {
    await this.#queue.settled();
    while (!this.#synchronised && this.#phase === "open") {
      await new Promise<void>((resolve) => this.#waitingForUp.push(resolve));
    }
  }

  #down(error: Error | undefined): void {
    this.#queue.pause();
    this.#synchronised = false;
    this.#downSince ??= performance.now();
    if (this.#phase !== "open") return;
    const fields = { redis: describe(this.#options.config), reason: error?.message ?? "connection closed" };
    this.#options.logger.warn(fields, "connection to redis lost, commits wait");
  }

  /** Redis refused a commit, or answered that it is not what we think it is. */
  #trouble(trouble: CommitReply | Error): void {
    this.#synchronised = false;
    this.#downSince ??= performance.now();
    if (!this.#link.up || this.#phase !== "open") return; // `up` goes on from here
    if (!(trouble instanceof Error)) {
      this.#synchronise();
      return;
    }
    // Of a single server's lost connection we hear by `down`.
    if (isRefusal(trouble) || this.#cluster !== undefined)
      this.#health.refuses(trouble, "redis refused a commit, trying again");
    setTimeout(() => this.#synchronise(), TROUBLE_PAUSE);
  }

  /** Asks Redis how far it is, and goes on from there. */
  #synchronise(): void {
    if (this.#phase !== "open" || this.#synchronising || this.#synchronised || !this.#link.up) return;
    this.#synchronising = true;
    this.#compare()
      .catch((error: unknown) => {
        if (!this.#link.up || this.#phase !== "open") return;
        this.#health.refuses(error, "redis does not answer as it should, trying again");
        setTimeout(() => this.#synchronise(), TROUBLE_PAUSE);
      })
      .finally(() => {
        this.#synchronising = false;
        // The connection may have been lost and made again meanwhile.
        if (this.#link.up && !this.#synchronised) setTimeout(() => this.#synchronise(), TROUBLE_PAUSE);
      });
  }

  async #compare(): Promise<void> {
    const [outcome, value] = await this.#lease.renew();
    const { token } = this.#lease;
    if (outcome === Outcome.OtherToken && value > token) return this.#fenced();
    if (outcome === Outcome.Done) await this.#cluster?.recover();
    if (outcome === Outcome.Done && value >= this.#queue.committed) this.#queue.resume(value);
    else if (!(await this.#recover(outcome))) return;
    if (!this.#link.up || this.#phase !== "open") return;
    this.#synchronised = true;
    this.#downSince = undefined;
    this.#health.agrees();
    if (this.#queue.stuckSince === undefined) this.#health.commits();
    const waiting = this.#waitingForUp;
    this.#waitingForUp = [];
    for (const resolve of waiting) resolve();
  }

  /** Redis came back with less than it had: what the broker has in memory is written anew. */
  async #recover(outcome: number): Promise<boolean> {
    const { logger } = this.#options;
    const empty = outcome === Outcome.Empty;
    if (!(await this.#lease.reclaim())) {
      this.#fenced();
      return false;
    }
    const written = await rewrite(this.#keys, this.#tables, this.#memory);
    this.#queue.restart(written.commands);
    const fields = { sessions: written.sessions, retained: written.retained, unreachable: written.unreachable };
    if (empty) logger.error(fields, "redis came back empty, what the broker has in memory is written anew");
    else logger.error(fields, "redis has forgotten commits, what the broker has in memory is written anew");
    if (!empty && this.#memory !== undefined) {
      for (const commands of await sweep(this.#link.client, this.#keys, this.#memory)) void this.#queue.add(commands);
    }
    return true;
  }

  #fenced(): void {
    if (this.#phase === "fenced") return;
    this.#phase = "fenced";
    this.#queue.pause();
    this.#options.logger.error(
      { redis: describe(this.#options.config), key_prefix: this.#options.config.key_prefix },
      "another broker has taken over these keys, this one stops",
    );
    this.#health.tell(false);
    this.#options.onFenced();
  }

  #renew(): void {
    if (!this.#synchronised || this.#phase !== "open") return;
    this.#lease.renew().then(
      ([outcome]) => {
        if (outcome !== Outcome.Done && this.#phase === "open") this.#trouble([outcome, 0]);
      },
      () => {}, // the connection went, or is about to be found out
    );
  }

  /** Looks for silence: of commits, and of the connection. */
  #look(): void {
    const now = performance.now();
    const { command_timeout, unavailable_after } = this.#options.config;
    const { silentSince, stuckSince } = this.#queue;
    if (this.#synchronised && silentSince !== undefined && now - silentSince > command_timeout) {
      this.#link.drop(`no answer within ${command_timeout} ms`);
    }
    const since = Math.min(this.#downSince ?? Number.POSITIVE_INFINITY, stuckSince ?? Number.POSITIVE_INFINITY);
    if (now - since > unavailable_after) this.#health.tell(false);
  }
}
