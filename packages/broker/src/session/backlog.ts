/** What a session has waiting to be sent: a queue in memory, what is behind it in the store, and who gives way when it is full. */

import type { StoredDelivery } from "../persistence/persistence.ts";
import { DropReason } from "../stats/reasons.ts";
import type { Delivery } from "./delivery.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import type { DeliveryRecorder } from "./delivery-recorder.ts";
import type { Inflight } from "./inflight.ts";
import type { SessionServices } from "./session-services.ts";
import { PAGE, StoredTail } from "./stored-tail.ts";

/** What a backlog shares with the rest of its session. */
export interface BacklogOptions {
  readonly clientId: string;
  readonly services: SessionServices;
  readonly recorder: DeliveryRecorder;
  /** Counts towards the limits, and may have to give way. */
  readonly inflight: Inflight;
  /** Somebody is connected: what comes is going to be sent soon and stays in memory. */
  readonly connected: () => boolean;
  /** A page was read from the store. */
  readonly onPage: (page: readonly StoredDelivery[]) => void;
}

export class Backlog {
  readonly #options: BacklogOptions;
  readonly #queue: DeliveryQueue = new DeliveryQueue();
  readonly #tail: StoredTail;

  constructor(options: BacklogOptions) {
    this.#options = options;
    this.#tail = new StoredTail(options.clientId, options.services, options.onPage);
  }

  get length(): number {
    return this.#queue.length + this.#tail.length;
  }

  /** How many only the store has. */
  get onlyStored(): number {
    return this.#tail.length;
  }

  /** Sequence behind which only the store knows what waits. */
  get readUpTo(): number {
    return this.#tail.readUpTo;
  }

  /** What waits in memory, in order. */
  inMemory(): Iterable<Delivery> {
    return this.#queue;
  }

  /** QoS 0 messages wait: live ones must not overtake them. */
  get holdsQoS0(): boolean {
    return this.#queue.qos0Length > 0 || this.#tail.length > 0;
  }

  /** After a start: so many wait in the store. */
  restore(stored: number): void {
    this.#tail.restore(stored);
    this.#options.services.population.queued += stored;
  }

  /** A delivery that was read from the store waits in memory from now on; it has been counted. */
  putBack(delivery: Delivery): void {
    this.#queue.push(delivery);
  }

  /** Takes in a delivery, dropping others or itself where a limit is reached. */
  add(delivery: Delivery, now: number): void {
    const { clientId, connected, recorder, services } = this.#options;
    if (!this.#admit(delivery, now)) {
      services.dropped(clientId, delivery.message, delivery.qos, DropReason.QueueFull);
      return;
    }
    services.population.queued++;
    // Offline, a durable store holds what exceeds a small window; so does it while older ones are still to be read.
    if (recorder.active && (this.#tail.length > 0 || (!connected() && this.#queue.length >= PAGE))) {
      recorder.putAway(delivery);
      this.#tail.add();
      return;
    }
    recorder.put(delivery);
    this.#queue.push(delivery);
    this.#tail.passed(delivery.sequence);
  }

  peek(): Delivery | undefined {
    return this.#queue.peek();
  }

  /** Takes out the first. */
  shift(): void {
    this.#queue.shift();
    this.#options.services.population.queued--;
  }

  /** Reads on in the store before memory runs dry. */
  refill(): void {
    if (this.#tail.length > 0 && this.#queue.length < this.#tail.lowWater) this.#tail.read();
  }

  /** Takes out every delivery in memory that `choose` answers true for, in order. */
  takeAll(choose: (delivery: Delivery) => boolean): Delivery[] {
    const taken = this.#queue.takeAll(choose);
    this.#options.services.population.queued -= taken.length;
    return taken;
  }

  clear(): void {
    this.takeAll(() => true);
    this.#options.services.population.queued -= this.#tail.length;
    this.#tail.clear();
  }

  /** Drops a delivery that has been taken out. */
  drop(delivery: Delivery, reason: DropReason): void {
    const { clientId, recorder, services } = this.#options;
    recorder.delete(delivery);
    services.dropped(clientId, delivery.message, delivery.qos, reason);
  }

  /** A page is in memory: those that had to give way before it was read go now. */
  trim(now: number): void {
    while (this.#tooMany(1) && this.#giveWay(now));
  }

  /** Makes room where there is none. False: it is the arriving delivery that has to go. */
  #admit(arriving: Delivery, now: number): boolean {
    const { inflight, services } = this.#options;
    const { config, population } = services;
    const { maxQueuedBytes } = config.limits;
    if (arriving.size > maxQueuedBytes) {
      population.limitHit("limits.max_queued_bytes");
      return false; // all others together could not make room for it
    }
    if (this.#tooMany(0)) {
      population.limitHit("mqtt.max_queued_messages");
      if (!this.#giveWay(now)) {
        if (this.#tail.length === 0) return false;
        this.#tail.read(); // the oldest is there, and goes when it has been read
      }
    }
    while (this.#queue.bytes + inflight.bytes + arriving.size > maxQueuedBytes) {
      population.limitHit("limits.max_queued_bytes");
      if (!this.#giveWay(now)) return false;
    }
    return true;
  }

  /** With what is there, less `excess`, the longest queue is reached. */
  #tooMany(excess: number): boolean {
    const { inflight, services } = this.#options;
    return inflight.size + this.length - excess >= services.config.mqtt.maxQueuedMessages;
  }

  /** Drops one delivery, in gmqtt's order. False when there is none in memory that may go. */
  #giveWay(now: number): boolean {
    const { inflight, services } = this.#options;
    const { config, population } = services;
    const { inflightExpiry, messageExpiry } = config.mqtt;
    const abandoned = inflightExpiry === 0 ? undefined : inflight.abandonOldest(now - inflightExpiry);
    if (abandoned !== undefined) {
      population.inflight--;
      this.drop(abandoned, DropReason.InflightExpired);
      return true;
    }
    if (this.#queue.length === 0) return false;
    population.queued--;
    const expired = this.#queue.takeExpired(now, messageExpiry);
    if (expired !== undefined) this.drop(expired, DropReason.Expired);
    else this.drop((this.#queue.takeQoS0() ?? this.#queue.shift()) as Delivery, DropReason.QueueFull);
    this.refill();
    return true;
  }
}
