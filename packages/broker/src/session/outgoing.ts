/** What a session sends: the window of unacknowledged messages, the queue behind it, and who has to give way when it is full. */

import type { QoS } from "@gmqtt/packets";
import { isPromise } from "../awaitable.ts";
import type { Message } from "../message.ts";
import type { StoredDelivery } from "../persistence/persistence.ts";
import { lowerQoS } from "../qos.ts";
import { DropReason } from "../stats/reasons.ts";
import { Delivery } from "./delivery.ts";
import { DeliveryQueue } from "./delivery-queue.ts";
import { Inflight } from "./inflight.ts";
import type { Replay } from "./replay.ts";
import { restoreDelivery } from "./restore.ts";
import { SendResult, type SessionLink } from "./session-link.ts";
import type { SessionServices } from "./session-services.ts";

/** Deliveries read back from the store at a time; also how many an offline session of a durable store keeps in memory. */
const PAGE = 256;

/** Others have their turn after this many retained messages. */
const REPLAYED_PER_TURN = 1000;

export class Outgoing {
  readonly #clientId: string;
  readonly #services: SessionServices;
  readonly #inflight: Inflight = new Inflight();
  readonly #queue: DeliveryQueue = new DeliveryQueue();
  /** Set for sessions that survive their connection and a store that is durable. */
  persistent = false;
  #link: SessionLink | null = null;
  /** Unacknowledged messages that this connection has not seen again yet; they go before everything else. */
  #again: Delivery[] = [];
  /** Retained messages for new subscriptions, sent as there is room behind the queue. */
  #replays: Replay[] = [];
  #lastSequence = 0;
  /** Deliveries that are only in the store; they come behind those in memory. */
  #stored = 0;
  /** Highest sequence that was read from the store or is in memory. */
  #readUpTo = 0;
  #reading = false;
  /** Deliveries that went only to the store while a page was being read. */
  #storedMeanwhile = 0;
  #pumping = false;

  constructor(clientId: string, services: SessionServices) {
    this.#clientId = clientId;
    this.#services = services;
  }

  get inflightLength(): number {
    return this.#inflight.size;
  }

  get queueLength(): number {
    return this.#queue.length + this.#stored;
  }

  /** A message could be sent at once, without waiting for an acknowledgement. */
  get hasRoom(): boolean {
    const link = this.#link;
    return link !== null && this.#idle && link.writable && this.#occupied < link.window;
  }

  /** Nothing waits to be sent. */
  get #idle(): boolean {
    return this.#queue.length === 0 && this.#stored === 0 && this.#again.length === 0 && this.#replays.length === 0;
  }

  /** What counts against the client's Receive Maximum on this connection. */
  get #occupied(): number {
    return this.#inflight.occupied - this.#again.length;
  }

  /** After a start: this many deliveries wait in the store. */
  restoreFrom(stored: number, lastSequence: number): void {
    this.#stored = stored;
    this.#lastSequence = lastSequence;
    this.#services.population.queued += stored;
  }

  /**
   * A connection serves the session from now on. Sends again what was unacknowledged, with DUP and in the old order
   * [MQTT-4.4.0-1], then what has been waiting.
   */
  attach(link: SessionLink): void {
    this.#link = link;
    this.#inflight.forgetAbandoned();
    this.#again = [...this.#inflight.values()];
    this.pump();
  }

  /** Sends the retained messages of a new subscription, as fast as the client takes them. */
  replay(replay: Replay): void {
    this.#replays.push(replay);
    this.pump();
  }

  /** The connection is gone. What was being replayed waits with the rest, if the session goes on. */
  detach(sessionGoesOn: boolean): void {
    this.#link = null;
    this.#again = [];
    const replays = this.#replays;
    this.#replays = [];
    if (sessionGoesOn) for (const replay of replays) this.#keep(replay);
    this.#inflight.forgetAbandoned();
  }

  /** Takes over one message that was routed to the session. */
  deliver(
    message: Message,
    grantedQoS: QoS,
    retain: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
    sharedFilter: string | undefined,
  ): void {
    const qos = lowerQoS(message.qos, grantedQoS);
    const link = this.#link;
    if (qos === 0) {
      if (link === null) {
        if (!this.#services.config.mqtt.queueQos0Messages) return;
      } else if (this.#queue.qos0Length === 0 && this.#stored === 0) {
        this.#sendQoS0(link, message, retain, subscriptionIdentifiers);
        return;
      }
    }
    const now = this.#services.clock.now();
    const delivery = this.#make(message, qos, retain, subscriptionIdentifiers, sharedFilter, now);
    if (link !== null && this.#idle && link.writable && this.#occupied < link.window) {
      this.#sendFirst(link, delivery, now);
    } else {
      this.#enqueue(delivery, now);
    }
  }

  /** PUBACK: the message is done. False for an identifier that is not waiting for one. */
  puback(packetId: number): boolean {
    const delivery = this.#inflight.get(packetId);
    if (delivery === undefined) return this.#settled(packetId);
    if (delivery.qos !== 1) return false;
    this.#finish(delivery);
    return true;
  }

  /** PUBREC with success: from now on PUBREL is owed [MQTT-4.3.3-4]. */
  pubrec(packetId: number): boolean {
    const delivery = this.#inflight.get(packetId);
    if (delivery === undefined || delivery.qos !== 2) return false;
    if (delivery.state !== "released") {
      delivery.state = "released";
      if (this.persistent) {
        this.#services.journal.record({
          type: "delivery-state",
          clientId: this.#clientId,
          sequence: delivery.sequence,
          state: "released",
          packetId,
        });
      }
    }
    this.#link?.sendPubrel(packetId);
    return true;
  }

  /** PUBREC with an error ends the exchange: no PUBREL, the identifier is free. */
  refuse(packetId: number): boolean {
    const delivery = this.#inflight.get(packetId);
    if (delivery === undefined || delivery.qos !== 2) return this.#settled(packetId);
    this.#finish(delivery);
    return true;
  }

  /** PUBCOMP. */
  pubcomp(packetId: number): boolean {
    const delivery = this.#inflight.get(packetId);
    if (delivery === undefined) return this.#settled(packetId);
    if (delivery.state !== "released") return false;
    this.#finish(delivery);
    return true;
  }

  /** Is an exchange going on with this identifier, and which? */
  qosOf(packetId: number): QoS | undefined {
    return this.#inflight.get(packetId)?.qos;
  }

  /** Sends from the queue what the window and the connection have room for. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      this.#pump();
    } finally {
      this.#pumping = false;
    }
  }

  /**
   * Takes out what may go to other members of a shared subscription: everything not yet sent, and QoS 1 in progress. A
   * QoS 2 exchange stays with the member it was begun with (section 4.8.2).
   */
  takeShared(choose: (delivery: Delivery) => boolean): Delivery[] {
    const taken = this.#queue.takeAll((delivery) => delivery.sharedFilter !== undefined && choose(delivery));
    this.#services.population.queued -= taken.length;
    for (const delivery of [...this.#inflight.values()]) {
      if (delivery.sharedFilter === undefined || delivery.qos !== 1 || !choose(delivery)) continue;
      this.#inflight.remove(delivery.packetId);
      this.#services.population.inflight--;
      taken.push(delivery);
    }
    for (const delivery of taken) {
      this.#noLongerAgain(delivery);
      this.#forget(delivery);
    }
    return taken.sort((left, right) => left.sequence - right.sequence);
  }

  /** The session ends: nothing is owed any more. */
  clear(): void {
    this.#services.population.queued -= this.queueLength;
    this.#services.population.inflight -= this.#inflight.size;
    this.#queue.takeAll(() => true);
    for (const delivery of [...this.#inflight.values()]) this.#inflight.remove(delivery.packetId);
    this.#stored = 0;
    this.#again = [];
    this.#replays = [];
    this.#link = null;
  }

  #make(
    message: Message,
    qos: QoS,
    retain: boolean,
    subscriptionIdentifiers: readonly number[] | undefined,
    sharedFilter: string | undefined,
    now: number,
  ): Delivery {
    message.detach();
    const expiresAt = Math.min(message.expiresAt, now + this.#services.config.mqtt.messageExpiry);
    const sequence = ++this.#lastSequence;
    return new Delivery(sequence, message, qos, retain, subscriptionIdentifiers, sharedFilter, now, expiresAt);
  }

  #sendQoS0(link: SessionLink, message: Message, retain: boolean, ids: readonly number[] | undefined): void {
    const result = link.sendMessage(message, retain, ids);
    if (result === SendResult.Sent) return;
    const reason = result === SendResult.TooLarge ? DropReason.PacketTooLarge : DropReason.SlowConsumer;
    this.#services.dropped(this.#clientId, message, 0, reason);
  }

  #sendFirst(link: SessionLink, delivery: Delivery, now: number): void {
    const packetId = this.#inflight.add(delivery);
    delivery.state = "published";
    delivery.sentAt = now;
    // Recorded before it is sent, so that the PUBLISH waits for the commit.
    if (this.persistent) this.#record(delivery);
    if (link.sendDelivery(delivery, false) === SendResult.TooLarge) {
      this.#inflight.remove(packetId);
      this.#forget(delivery);
      this.#services.dropped(this.#clientId, delivery.message, delivery.qos, DropReason.PacketTooLarge);
      return;
    }
    this.#services.population.inflight++;
  }

  #sendAgain(link: SessionLink, delivery: Delivery, now: number): void {
    if (delivery.state === "released") {
      link.sendPubrel(delivery.packetId);
      return;
    }
    // Expiry ends a QoS 1 message even now; a QoS 2 exchange once begun is completed [MQTT-4.3.3-7].
    const expired = delivery.qos === 1 && delivery.message.expiresAt <= now;
    if (!expired) {
      delivery.sentAt = now;
      if (link.sendDelivery(delivery, true) !== SendResult.TooLarge) return;
    }
    this.#inflight.remove(delivery.packetId);
    this.#services.population.inflight--;
    this.#forget(delivery);
    const reason = expired ? DropReason.InflightExpired : DropReason.PacketTooLarge;
    this.#services.dropped(this.#clientId, delivery.message, delivery.qos, reason);
  }

  #record(delivery: Delivery): void {
    this.#services.journal.record({ type: "delivery-put", clientId: this.#clientId, delivery });
  }

  #forget(delivery: Delivery): void {
    if (!this.persistent) return;
    this.#services.journal.record({ type: "delivery-delete", clientId: this.#clientId, sequence: delivery.sequence });
  }

  #finish(delivery: Delivery): void {
    this.#inflight.remove(delivery.packetId);
    this.#noLongerAgain(delivery);
    this.#services.population.inflight--;
    this.#forget(delivery);
    if (!this.#idle) this.pump();
  }

  /** Acknowledged before it was sent again; a client that is late but not wrong. */
  #noLongerAgain(delivery: Delivery): void {
    if (this.#again.length > 0) this.#again = this.#again.filter((entry) => entry !== delivery);
  }

  #settled(packetId: number): boolean {
    if (!this.#inflight.settleAbandoned(packetId)) return false;
    if (!this.#idle) this.pump();
    return true;
  }

  #enqueue(delivery: Delivery, now: number): void {
    const { mqtt, limits } = this.#services.config;
    let full =
      this.#inflight.size + this.queueLength >= mqtt.maxQueuedMessages ||
      (limits.maxQueuedBytes > 0 && this.#queue.bytes + this.#inflight.bytes + delivery.size > limits.maxQueuedBytes);
    while (full) {
      if (!this.#makeRoom(delivery, now)) return;
      full =
        limits.maxQueuedBytes > 0 && this.#queue.bytes + this.#inflight.bytes + delivery.size > limits.maxQueuedBytes;
    }
    if (this.persistent) this.#record(delivery);
    this.#services.population.queued++;
    // Offline, a durable store holds what exceeds a small window; so does it while older ones are still to be read.
    if (this.persistent && (this.#stored > 0 || (this.#link === null && this.#queue.length >= PAGE))) {
      this.#stored++;
      if (this.#reading) this.#storedMeanwhile++;
      return;
    }
    this.#queue.push(delivery);
    this.#readUpTo = delivery.sequence;
  }

  /** gmqtt's order of dropping. False: it is the arriving message that had to go. */
  #makeRoom(arriving: Delivery, now: number): boolean {
    const { config, population } = this.#services;
    population.limitHit("mqtt.max_queued_messages");
    const abandoned = this.#inflight.abandonOldest(now - config.mqtt.inflightExpiry);
    if (abandoned !== undefined) {
      population.inflight--;
      this.#drop(abandoned, DropReason.InflightExpired);
      return true;
    }
    if (this.#queue.length === 0) {
      this.#services.dropped(this.#clientId, arriving.message, arriving.qos, DropReason.QueueFull);
      return false;
    }
    population.queued--;
    const expired = this.#queue.takeExpired(now);
    if (expired !== undefined) this.#drop(expired, DropReason.Expired);
    else this.#drop((this.#queue.takeQoS0() ?? this.#queue.shift()) as Delivery, DropReason.QueueFull);
    if (this.#stored > 0 && this.#queue.length < PAGE / 2) this.#readPage();
    return true;
  }

  #drop(delivery: Delivery, reason: DropReason): void {
    this.#forget(delivery);
    this.#services.dropped(this.#clientId, delivery.message, delivery.qos, reason);
  }

  #pump(): void {
    const link = this.#link;
    if (link === null) return;
    const now = this.#services.clock.now();
    while (this.#again.length > 0 && link.writable && this.#occupied < link.window) {
      this.#sendAgain(link, this.#again.shift() as Delivery, now);
    }
    if (this.#again.length > 0) return;
    for (let next = this.#queue.peek(); next !== undefined && link.writable; next = this.#queue.peek()) {
      if (next.qos > 0 && this.#occupied >= link.window) break;
      this.#queue.shift();
      this.#services.population.queued--;
      this.#send(link, next, now);
    }
    if (this.#stored > 0 && this.#queue.length < PAGE / 2) this.#readPage();
    else if (this.#queue.length === 0 && this.#replays.length > 0) this.#pumpReplays(link, now);
  }

  #pumpReplays(link: SessionLink, now: number): void {
    for (let count = 0; link.writable; count++) {
      const replay = this.#replays[0];
      if (replay === undefined) return;
      if (replay.qos > 0 && this.#occupied >= link.window) return;
      if (count === REPLAYED_PER_TURN) {
        setImmediate(() => this.pump());
        return;
      }
      const message = replay.next();
      if (message === undefined) {
        this.#replays.shift();
        continue;
      }
      const qos = lowerQoS(message.qos, replay.qos);
      if (qos === 0) this.#sendQoS0(link, message, true, replay.subscriptionIdentifiers);
      else this.#sendFirst(link, this.#make(message, qos, true, replay.subscriptionIdentifiers, undefined, now), now);
    }
  }

  #keep(replay: Replay): void {
    const now = this.#services.clock.now();
    for (let message = replay.next(); message !== undefined; message = replay.next()) {
      const qos = lowerQoS(message.qos, replay.qos);
      if (qos === 0) continue;
      this.#enqueue(this.#make(message, qos, true, replay.subscriptionIdentifiers, undefined, now), now);
    }
  }

  #send(link: SessionLink, delivery: Delivery, now: number): void {
    if (delivery.expiresAt <= now) {
      this.#drop(delivery, DropReason.Expired);
    } else if (delivery.qos === 0) {
      this.#forget(delivery);
      this.#sendQoS0(link, delivery.message, delivery.retain, delivery.subscriptionIdentifiers);
    } else {
      this.#sendFirst(link, delivery, now);
    }
  }

  #readPage(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#storedMeanwhile = 0;
    const { journal, persistence } = this.#services;
    journal.commit(); // the page has to hold what this turn added
    const page = persistence.deliveries(this.#clientId, this.#readUpTo, PAGE);
    if (isPromise(page)) {
      page.then(
        (deliveries) => this.#takePage(deliveries),
        (error: unknown) => this.#pageFailed(error),
      );
    } else {
      this.#takePage(page);
    }
  }

  #takePage(page: readonly StoredDelivery[]): void {
    this.#reading = false;
    for (const stored of page) {
      if (this.#stored === 0 || stored.sequence <= this.#readUpTo) continue;
      this.#stored--;
      this.#readUpTo = stored.sequence;
      const delivery = restoreDelivery(stored, this.#services.config.mqtt.messageExpiry);
      if (delivery.state === "queued") {
        this.#queue.push(delivery);
        continue;
      }
      this.#services.population.queued--;
      this.#services.population.inflight++;
      this.#inflight.restore(delivery);
      if (this.#link !== null) this.#again.push(delivery);
    }
    if (page.length < PAGE) this.#storeHasLess();
    this.pump();
  }

  /** The store holds fewer than were counted: it has lost some, or came back empty. */
  #storeHasLess(): void {
    this.#services.population.queued -= this.#stored - this.#storedMeanwhile;
    this.#stored = this.#storedMeanwhile;
  }

  #pageFailed(error: unknown): void {
    this.#reading = false;
    this.#services.logger.error({ err: error, clientId: this.#clientId }, "queue could not be read, trying again");
    this.#services.clock.setTimer(1000, () => {
      if (this.#stored > 0) this.#readPage();
    });
  }
}
