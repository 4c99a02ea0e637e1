/** What the tests of sessions share: the services around one, a store that can be held up, and a link that records. */

import { type BrokerConfigInput, resolveConfig } from "../src/config/index.ts";
import type { Message } from "../src/message.ts";
import { Journal } from "../src/persistence/journal.ts";
import type { Persistence, StoreChange, StoredDelivery } from "../src/persistence/persistence.ts";
import type { Delivery } from "../src/session/delivery.ts";
import { SendResult, type SessionLink } from "../src/session/session-link.ts";
import type { SessionServices } from "../src/session/session-services.ts";
import { PopulationCounters } from "../src/stats/stats.ts";
import { TimerWheel } from "../src/timer-wheel.ts";
import { RecordingLogger } from "./listener-fixtures.ts";
import { ManualClock } from "./manual-clock.ts";

/** A store whose commits and reads wait for the test, if it says so. */
export class HeldStore implements Persistence {
  readonly durable: boolean;
  /** Batches in the order of the calls. */
  readonly commits: (readonly StoreChange[])[] = [];
  /** Arguments of the reads. */
  readonly reads: { readonly after: number; readonly limit: number }[] = [];
  /** What reads answer from, in rising order. */
  stored: StoredDelivery[] = [];
  /** Commits, reads are pending until settled. */
  holdsCommits = false;
  holdsReads = false;
  #pending: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  constructor(durable = true) {
    this.durable = durable;
  }

  open(): void {}
  close(): void {}
  async *sessions(): AsyncIterable<never> {}
  async *retained(): AsyncIterable<never> {}

  commit(changes: readonly StoreChange[]): void | Promise<void> {
    this.commits.push(changes);
    for (const change of changes) {
      if (change.type === "delivery-put") this.stored.push(change.delivery);
      if (change.type === "delivery-delete")
        this.stored = this.stored.filter((one) => one.sequence !== change.sequence);
    }
    if (this.holdsCommits) return this.#wait();
  }

  deliveries(_clientId: string, after: number, limit: number): readonly StoredDelivery[] | Promise<StoredDelivery[]> {
    this.reads.push({ after, limit });
    const page = this.stored.filter(({ sequence }) => sequence > after).slice(0, limit);
    return this.holdsReads ? this.#wait().then(() => page) : page;
  }

  /** Answers the oldest call that waits, and lets the broker go on. */
  async answer(error?: unknown): Promise<void> {
    const call = this.#pending.shift();
    if (call === undefined) throw new Error("no call waits");
    if (error === undefined) call.resolve();
    else call.reject(error);
    await new Promise((resolve) => setImmediate(resolve));
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => this.#pending.push({ resolve, reject }));
  }
}

/** Services of a broker that has nothing but sessions. */
export class TestServices implements SessionServices {
  readonly clock: ManualClock = new ManualClock();
  readonly logger: RecordingLogger = new RecordingLogger();
  readonly population: PopulationCounters = new PopulationCounters();
  readonly wheel: TimerWheel;
  readonly journal: Journal;
  readonly persistence: HeldStore;
  config: SessionServices["config"];
  /** `topic reason` of each message that was dropped. */
  readonly drops: string[] = [];

  constructor(config: BrokerConfigInput = {}, persistence: HeldStore = new HeldStore(false)) {
    this.config = resolveConfig({ listeners: [], ...config });
    this.persistence = persistence;
    this.wheel = new TimerWheel(this.clock, (error) => {
      throw error;
    });
    this.journal = new Journal({
      persistence,
      clock: this.clock,
      logger: this.logger,
      schedule: () => {},
      maxPending: () => this.config.limits.maxPendingCommits,
    });
  }

  dropped(_clientId: string, message: Message, _qos: 0 | 1 | 2, reason: string): void {
    this.drops.push(`${message.topic} ${reason}`);
  }

  /** Everything recorded so far as short texts, in order. */
  get changes(): string[] {
    this.journal.commit();
    return this.persistence.commits.flat().map((change) => {
      if (change.type === "delivery-put") return `put ${change.delivery.sequence}`;
      if (change.type === "delivery-delete") return `delete ${change.sequence}`;
      if (change.type === "delivery-state") return `${change.state} ${change.sequence}`;
      return change.type;
    });
  }
}

/** A connection that notes what it is given to send. */
export class RecordingLink implements SessionLink {
  writable = true;
  window = 10;
  /** How the next attempts end. */
  result: SendResult = SendResult.Sent;
  /** `topic qos0`, `topic qos1 #id`, `topic qos1 #id dup`, `pubrel #id`. */
  readonly sent: string[] = [];
  /** Called after each send. */
  onSend: () => void = () => {};

  sendMessage(message: Message, retain: boolean): SendResult {
    return this.#send(`${message.topic} qos0${retain ? " retain" : ""}`);
  }

  sendRetained(message: Message): SendResult {
    return this.sendMessage(message, true);
  }

  sendDelivery(delivery: Delivery, dup: boolean): SendResult {
    const { message, packetId, qos, retain } = delivery;
    return this.#send(`${message.topic} qos${qos} #${packetId}${retain ? " retain" : ""}${dup ? " dup" : ""}`);
  }

  sendPubrel(packetId: number): void {
    this.#send(`pubrel #${packetId}`);
  }

  #send(line: string): SendResult {
    this.sent.push(line);
    this.onSend();
    return this.result;
  }
}
