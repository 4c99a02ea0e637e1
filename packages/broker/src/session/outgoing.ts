/** What a session sends, in what order, and how much of it at a time: the window of unacknowledged messages and what waits behind. */

import type { QoS } from "@gmqtt/packets";
import type { Message } from "../message.ts";
import type { SessionMemory, StoredDelivery } from "../persistence/persistence.ts";
import { lowerQoS } from "../qos.ts";
import type { Subscriber } from "../router/subscriber.ts";
import { DropReason } from "../stats/reasons.ts";
import { Backlog } from "./backlog.ts";
import { Delivery } from "./delivery.ts";
import { DeliveryRecorder } from "./delivery-recorder.ts";
import { Inflight } from "./inflight.ts";
import type { Replay } from "./replay.ts";
import { restoreDelivery } from "./restore.ts";
import { SendResult, type SessionLink } from "./session-link.ts";
import type { SessionServices } from "./session-services.ts";

/** Others have their turn after this many retained messages. */
const REPLAYED_PER_TURN = 1000;

// Which acknowledgement ends which exchange.
const isQoS1 = (delivery: Delivery): boolean => delivery.qos === 1;
const isQoS2 = (delivery: Delivery): boolean => delivery.qos === 2;
const isReleased = (delivery: Delivery): boolean => delivery.state === "released";

export class Outgoing implements Subscriber {
  readonly clientId: string;
  #link: SessionLink | null = null;
  /** Nothing waits to be sent; false: something may. Every message asks, and would have to look into five objects. */
  #idle = true;
  readonly #services: SessionServices;
  readonly #inflight: Inflight = new Inflight();
  readonly #recorder: DeliveryRecorder;
  readonly #backlog: Backlog;
  /** Unacknowledged messages that this connection has not seen again yet; they go before everything else. */
  #again: Delivery[] = [];
  /** Retained messages for new subscriptions, sent as there is room behind the backlog. */
  #replays: Replay[] = [];
  #lastSequence = 0;
  #pumping = false;
  /** There may be something to send, or room for it, that was not there before. */
  #pumpAsked = false;

  constructor(clientId: string, services: SessionServices) {
    this.clientId = clientId;
    this.#services = services;
    this.#recorder = new DeliveryRecorder(clientId, services.journal);
    this.#backlog = new Backlog({
      clientId,
      services,
      recorder: this.#recorder,
      inflight: this.#inflight,
      connected: () => this.#link !== null,
      onPage: (page) => this.#takePage(page),
    });
  }

  /** The session survives its connection, and the store is durable. */
  get persistent(): boolean {
    return this.#recorder.active;
  }

  set persistent(persistent: boolean) {
    this.#recorder.active = persistent;
  }

  /** Somebody is there to read. */
  get connected(): boolean {
    return this.#link !== null;
  }

  get inflightLength(): number {
    return this.#inflight.size;
  }

  get queueLength(): number {
    return this.#backlog.length;
  }

  /** A message could be sent at once, without waiting for an acknowledgement. */
  get hasRoom(): boolean {
    const link = this.#link;
    return link !== null && this.#isIdle() && link.writable && this.#occupied() < link.window;
  }

  /** Nothing waits to be sent. No getter: V8 calls the runtime for a private one. */
  #isIdle(): boolean {
    if (!this.#idle) {
      this.#idle = this.#backlog.length === 0 && this.#again.length === 0 && this.#replays.length === 0;
    }
    return this.#idle;
  }

  /** It is known of a message that waits. */
  #queue(delivery: Delivery, now: number): void {
    this.#backlog.add(delivery, now);
    this.#idle = false; // behind it: whoever hears that others had to give way may have asked meanwhile
  }

  /** What counts against the client's Receive Maximum on this connection. */
  #occupied(): number {
    const { occupied } = this.#inflight;
    return this.#idle ? occupied : occupied - this.#again.length;
  }

  /** After a start: this many deliveries wait in the store. */
  restoreFrom(stored: number, lastSequence: number): void {
    this.#lastSequence = lastSequence;
    this.#idle = false;
    this.#backlog.restore(stored);
  }

  /**
   * A connection serves the session from now on. Sends again what was unacknowledged, with DUP and in the old order
   * [MQTT-4.4.0-1], then what has been waiting.
   */
  attach(link: SessionLink): void {
    this.#link = link;
    this.#inflight.forgetAbandoned();
    this.#again = this.#inflight.all();
    this.#idle = false;
    this.pump();
  }

  /** Sends the retained messages of a new subscription, as fast as the client takes them. */
  replay(replay: Replay): void {
    this.#replays.push(replay);
    this.#idle = false;
    // To find so many has taken its time already.
    if (replay.count > REPLAYED_PER_TURN) setImmediate(() => this.pump());
    else this.pump();
  }

  /** The connection is gone. What was being replayed waits with the rest, if the session goes on. */
  detach(sessionGoesOn: boolean): void {
    this.#link = null;
    this.#again = [];
    this.#inflight.forgetAbandoned();
    const replays = this.#replays;
    this.#replays = [];
    if (sessionGoesOn) for (const replay of replays) this.#keep(replay);
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
      } else if (this.#isIdle() || !this.#backlog.holdsQoS0) {
        this.#sentQoS0(message, link.sendMessage(message, retain, subscriptionIdentifiers));
        return;
      }
    }
    const now = this.#services.clock.now();
    const delivery = this.#make(message, qos, retain, subscriptionIdentifiers, sharedFilter, now);
    if (qos > 0 && link !== null && this.#isIdle() && link.writable && this.#occupied() < link.window) {
      this.#sendFirst(link, delivery, now);
    } else {
      this.#queue(delivery, now);
    }
  }

  /** PUBACK: the message is done. False for an identifier that is not waiting for one. */
  puback(packetId: number): boolean {
    return this.#conclude(packetId, isQoS1);
  }

  /** PUBREC with success: from now on PUBREL is owed [MQTT-4.3.3-4]. */
  pubrec(packetId: number): boolean {
    const delivery = this.#inflight.get(packetId);
    if (delivery === undefined || delivery.qos !== 2) return false;
    if (delivery.state !== "released") {
      delivery.state = "released";
      this.#recorder.released(delivery);
    }
    this.#link?.sendPubrel(packetId);
    return true;
  }

  /** PUBREC with an error ends the exchange: no PUBREL, the identifier is free. */
  refuse(packetId: number): boolean {
    return this.#conclude(packetId, isQoS2);
  }

  /** PUBCOMP. */
  pubcomp(packetId: number): boolean {
    return this.#conclude(packetId, isReleased);
  }

  /** Is an exchange going on with this identifier, and which? */
  qosOf(packetId: number): QoS | undefined {
    return this.#inflight.get(packetId)?.qos;
  }

  /** Sends what waits, as far as the window and the connection have room for it. */
  pump(): void {
    this.#pumpAsked = true;
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      // A store that answers at once has its page here before the one who asked for it is done.
      while (this.#pumpAsked) {
        this.#pumpAsked = false;
        if (this.#link !== null) this.#pumpOnce(this.#link, this.#services.clock.now());
      }
    } finally {
      this.#pumping = false;
    }
  }

  /**
   * Takes out what may go to other members of a shared subscription: everything not yet sent, and QoS 1 in progress. A
   * QoS 2 exchange stays with the member it was begun with (section 4.8.2).
   */
  takeShared(choose: (delivery: Delivery) => boolean): Delivery[] {
    const taken = this.#backlog.takeAll((delivery) => delivery.sharedFilter !== undefined && choose(delivery));
    for (const delivery of this.#inflight.all()) {
      if (delivery.sharedFilter === undefined || delivery.qos !== 1 || !choose(delivery)) continue;
      this.#takeFromWindow(delivery);
      taken.push(delivery);
    }
    for (const delivery of taken) this.#recorder.delete(delivery);
    return taken.sort((left, right) => left.sequence - right.sequence);
  }

  /** What a store that has lost it needs to know. */
  toMemory(): Pick<SessionMemory, "deliveries" | "readUpTo" | "onlyStored" | "lastSequence"> {
    const deliveries = [...this.#inflight.all(), ...this.#backlog.inMemory()];
    return {
      deliveries: deliveries.sort((left, right) => left.sequence - right.sequence),
      readUpTo: this.#backlog.readUpTo,
      onlyStored: this.#backlog.onlyStored,
      lastSequence: this.#lastSequence,
    };
  }

  /** The session ends: nothing is owed any more. */
  clear(): void {
    this.#link = null;
    this.#again = [];
    this.#replays = [];
    this.#backlog.clear();
    for (const delivery of this.#inflight.all()) this.#takeFromWindow(delivery);
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
    const sequence = ++this.#lastSequence;
    return new Delivery(sequence, message, qos, retain, subscriptionIdentifiers, sharedFilter, now);
  }

  #sentQoS0(message: Message, result: SendResult): void {
    if (result === SendResult.Sent) return;
    const reason = result === SendResult.TooLarge ? DropReason.PacketTooLarge : DropReason.SlowConsumer;
    if (reason === DropReason.SlowConsumer) this.#services.population.limitHit("limits.max_unsent_bytes");
    this.#services.dropped(this.clientId, message, 0, reason);
  }

  #sendFirst(link: SessionLink, delivery: Delivery, now: number): void {
    const packetId = this.#inflight.add(delivery);
    delivery.state = "published";
    delivery.sentAt = now;
    // Recorded before it is sent, so that the PUBLISH waits for the commit.
    this.#recorder.published(delivery);
    this.#services.population.inflight++;
    if (link.sendDelivery(delivery, false) !== SendResult.TooLarge) return;
    this.#giveUp(packetId, DropReason.PacketTooLarge);
  }

  #sendAgain(link: SessionLink, delivery: Delivery, now: number): void {
    if (delivery.state === "released") {
      link.sendPubrel(delivery.packetId);
      return;
    }
    // Expiry ends a QoS 1 message even now; a QoS 2 exchange once begun is completed [MQTT-4.3.3-7].
    if (delivery.qos === 1 && delivery.message.expiresAt <= now) {
      this.#giveUp(delivery.packetId, DropReason.InflightExpired);
      return;
    }
    delivery.sentAt = now;
    if (link.sendDelivery(delivery, true) === SendResult.TooLarge) {
      this.#giveUp(delivery.packetId, DropReason.PacketTooLarge);
    }
  }

  /** Ends an exchange by the client's acknowledgement, if it is one that `fits` says yes to. */
  #conclude(packetId: number, fits: (delivery: Delivery) => boolean): boolean {
    const delivery = this.#inflight.get(packetId);
    if (delivery === undefined) {
      if (!this.#inflight.settleAbandoned(packetId)) return false;
    } else {
      if (!fits(delivery)) return false;
      this.#takeFromWindow(delivery);
      this.#recorder.delete(delivery);
    }
    if (!this.#isIdle()) this.pump();
    return true;
  }

  #giveUp(packetId: number, reason: DropReason): void {
    const delivery = this.#inflight.get(packetId) as Delivery;
    this.#takeFromWindow(delivery);
    this.#backlog.drop(delivery, reason);
  }

  #takeFromWindow(delivery: Delivery): void {
    this.#inflight.remove(delivery.packetId);
    this.#services.population.inflight--;
    // Acknowledged before it was sent again: a client that is late but not wrong.
    if (!this.#idle && this.#again.length > 0) this.#again = this.#again.filter((entry) => entry !== delivery);
  }

  #pumpOnce(link: SessionLink, now: number): void {
    while (this.#again.length > 0 && link.writable && this.#occupied() < link.window) {
      this.#sendAgain(link, this.#again.shift() as Delivery, now);
    }
    if (this.#again.length > 0) return;
    this.#pumpBacklog(link, now);
    if (this.#backlog.length === 0 && this.#replays.length > 0) this.#pumpReplays(link, now);
  }

  #pumpBacklog(link: SessionLink, now: number): void {
    const { messageExpiry } = this.#services.config.mqtt;
    for (let next = this.#backlog.peek(); next !== undefined && link.writable; next = this.#backlog.peek()) {
      if (next.qos > 0 && this.#occupied() >= link.window) break;
      this.#backlog.shift();
      if (next.expired(now, messageExpiry)) {
        this.#backlog.drop(next, DropReason.Expired);
      } else if (next.qos === 0) {
        this.#recorder.delete(next);
        this.#sentQoS0(next.message, link.sendMessage(next.message, next.retain, next.subscriptionIdentifiers));
      } else {
        this.#sendFirst(link, next, now);
      }
    }
    this.#backlog.refill();
  }

  #pumpReplays(link: SessionLink, now: number): void {
    for (let count = 0; link.writable; count++) {
      const replay = this.#replays[0];
      if (replay === undefined || (replay.qos > 0 && this.#occupied() >= link.window)) return;
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
      if (qos === 0) this.#sentQoS0(message, link.sendRetained(message, replay.subscriptionIdentifiers));
      else this.#sendFirst(link, this.#make(message, qos, true, replay.subscriptionIdentifiers, undefined, now), now);
    }
  }

  #keep(replay: Replay): void {
    const now = this.#services.clock.now();
    for (let message = replay.next(); message !== undefined; message = replay.next()) {
      const qos = lowerQoS(message.qos, replay.qos);
      if (qos === 0) continue;
      this.#queue(this.#make(message, qos, true, replay.subscriptionIdentifiers, undefined, now), now);
    }
  }

  #takePage(page: readonly StoredDelivery[]): void {
    this.#idle = false;
    for (const stored of page) {
      const delivery = restoreDelivery(stored);
      if (delivery.state === "queued") {
        this.#backlog.putBack(delivery);
        continue;
      }
      this.#services.population.queued--;
      this.#services.population.inflight++;
      this.#inflight.restore(delivery);
      if (this.#link !== null) this.#again.push(delivery);
    }
    this.#backlog.trim(this.#services.clock.now());
    this.pump();
  }
}
