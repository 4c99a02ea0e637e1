/** Everybody who takes part: who publishes what, who is to get it, and how the end is judged. */

import { setTimeout as delay } from "node:timers/promises";
import type { ProtocolVersion } from "@gmqtt/packets";
import { Disturbances } from "./checker/disturbances.ts";
import type { Judge } from "./checker/judge.ts";
import { OrderedReceipts, SharedReceipts } from "./checker/receipts.ts";
import { Stream, Streams } from "./checker/stream.ts";
import { DelayedWillClient } from "./clients/delayed-will-client.ts";
import { Flipper } from "./clients/flipper.ts";
import type { Peer, PeerOptions } from "./clients/peer.ts";
import { Publisher } from "./clients/publisher.ts";
import { RetainedPublisher, RetainedReader } from "./clients/retained.ts";
import { Subscriber } from "./clients/subscriber.ts";
import { WillClient } from "./clients/will-client.ts";
import { Random } from "./random.ts";

const PUBLISHERS = 8;
const CLEAN_PUBLISHERS = 2;
const SUBSCRIBERS = 4;
const CLEAN_SUBSCRIBERS = 2;
const MEMBERS = 3;
const WILLS = 3;
const DELAYED_WILLS = 3;
const RETAINED_TOPICS = 5;
/** Milliseconds between two messages of one publisher. */
const PACE = 30;
const FLIP_PACE = 50;
/** How long the end may take: milliseconds. */
const LONGEST_END = 120_000;

export class World {
  readonly disturbances: Disturbances = new Disturbances();
  readonly #judge: Judge;
  readonly #plain: Streams = new Streams();
  readonly #shared: Streams = new Streams();
  readonly #publishers: Publisher[] = [];
  readonly #subscribers: Subscriber[] = [];
  readonly #receipts: OrderedReceipts[] = [];
  readonly #group: SharedReceipts;
  readonly #wills: (WillClient | DelayedWillClient)[] = [];
  readonly #flippers: Flipper[] = [];
  readonly #reader: RetainedReader;
  readonly #retainedPublisher: RetainedPublisher;
  readonly #make: (clientId: string, persistent: boolean) => PeerOptions;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(port: number, judge: Judge, seed: number) {
    this.#judge = judge;
    this.#group = new SharedReceipts(judge);
    let made = 0;
    this.#make = (clientId, persistent) => {
      const version: ProtocolVersion = made++ % 2 === 0 ? 5 : 4;
      return { port, clientId, version, persistent, random: new Random(seed * 1000 + made), judge };
    };
    for (let index = 0; index < PUBLISHERS + CLEAN_PUBLISHERS; index++) this.#addPublisher(index);
    for (let index = 0; index < SUBSCRIBERS + CLEAN_SUBSCRIBERS; index++) this.#addSubscriber(index);
    for (let index = 0; index < MEMBERS; index++) this.#addMember(index);
    for (let index = 0; index < WILLS; index++) {
      this.#wills.push(new WillClient(this.#make(`will-${index}`, false)));
    }
    for (let index = 0; index < DELAYED_WILLS; index++) {
      this.#wills.push(new DelayedWillClient(this.#make(`delayed-will-${index}`, true)));
    }
    for (let index = 0; index < 2; index++) this.#flippers.push(new Flipper(this.#make(`flip-${index}`, true)));
    const retained = Array.from({ length: RETAINED_TOPICS }, (_, index) => new Stream(`r/${index}`, 1));
    this.#retainedPublisher = new RetainedPublisher(this.#make("retained", true), retained);
    this.#reader = new RetainedReader(this.#make("reader", false), retained, this.disturbances);
    this.#addWillSubscriber();
  }

  /** Those that may be dropped and taken over at any moment. */
  get clients(): readonly Peer[] {
    return [...this.#publishers, ...this.#subscribers, ...this.#flippers, ...this.#wills, this.#retainedPublisher];
  }

  /** Resolves when all subscriptions are there and messages flow. */
  async start(): Promise<void> {
    for (const subscriber of this.#subscribers) subscriber.start();
    await Promise.all(this.#subscribers.map((subscriber) => subscriber.whenSubscribed()));
    const publishers = [...this.#publishers, this.#retainedPublisher];
    for (const peer of [...publishers, ...this.#wills, ...this.#flippers, this.#reader]) peer.start();
    this.#every(PACE, publishers);
    this.#every(FLIP_PACE, this.#flippers);
  }

  /** Nothing is killed any more: lets everybody finish, then judges. */
  async finish(): Promise<void> {
    for (const publisher of [...this.#publishers, this.#retainedPublisher]) publisher.finish();
    for (const flipper of this.#flippers) flipper.finish();
    for (const timer of this.#timers) clearInterval(timer);
    for (const will of this.#wills) {
      if (will instanceof DelayedWillClient) will.finish();
      else will.stop();
    }
    const end = Date.now() + LONGEST_END;
    while (!this.#settled() && Date.now() < end) await delay(200);
    this.#complain();
    await delay(1000); // what comes twice comes now
    for (const receipts of this.#receipts) receipts.finish(this.#plain);
    this.#group.finish(this.#shared);
    for (const will of this.#wills) will.wills.finish(this.disturbances);
    await Promise.race([this.#reader.readAgain(), delay(LONGEST_END)]);
    for (const peer of [...this.clients, this.#reader]) peer.stop();
  }

  #every(milliseconds: number, peers: readonly { tick(): void }[]): void {
    const timer = setInterval(() => {
      for (const peer of peers) peer.tick();
    }, milliseconds);
    this.#timers.push(timer);
  }

  #settled(): boolean {
    return (
      [...this.#publishers, this.#retainedPublisher].every(({ connected, open }) => connected && open === 0) &&
      this.#flippers.every((flipper) => flipper.connected && flipper.settled) &&
      this.#receipts.every((receipts) => receipts.isComplete(this.#plain)) &&
      this.#group.isComplete(this.#shared) &&
      this.#wills.every(({ wills }) => wills.complete)
    );
  }

  /** Who did not get done is named: that a message is never answered is worth knowing even when nothing is lost. */
  #complain(): void {
    for (const { connected, open, options } of [...this.#publishers, this.#retainedPublisher]) {
      this.#judge.check("answers");
      if (connected && open === 0) continue;
      this.#judge.violation("answers", `${options.clientId} did not get done, ${open} messages open`);
    }
    for (const { connected, options, settled } of this.#flippers) {
      this.#judge.check("answers");
      if (!connected || !settled) this.#judge.violation("answers", `${options.clientId} did not get its last answer`);
    }
  }

  #addPublisher(index: number): void {
    const persistent = index < PUBLISHERS;
    const streams = ([1, 2] as const).flatMap((qos) => [
      this.#plain.add(new Stream(`t/${index}`, qos)),
      this.#shared.add(new Stream(`s/${index}`, qos)),
    ]);
    this.#publishers.push(new Publisher(this.#make(`pub-${index}`, persistent), streams));
  }

  #addSubscriber(index: number): void {
    const persistent = index < SUBSCRIBERS;
    const name = `sub-${index}`;
    // A clean session loses what comes while nobody is connected, so its gaps say nothing.
    const receipts = new OrderedReceipts(name, this.#judge, persistent);
    this.#receipts.push(receipts);
    const subscriber = new Subscriber(this.#make(name, persistent), ["t/#"], 2, {
      message: ({ payload }) => {
        const found = this.#plain.read(payload);
        if (found !== undefined) receipts.take(found.stream, found.number);
      },
      connected: (sessionPresent) => {
        if (!sessionPresent) receipts.forget();
      },
    });
    this.#subscribers.push(subscriber);
  }

  #addMember(index: number): void {
    const name = `member-${index}`;
    const subscriber = new Subscriber(this.#make(name, true), ["$share/group/s/#"], 2, {
      message: ({ payload }) => {
        const found = this.#shared.read(payload);
        if (found !== undefined) this.#group.take(name, found.stream, found.number);
      },
    });
    this.#subscribers.push(subscriber);
  }

  #addWillSubscriber(): void {
    const subscriber = new Subscriber(this.#make("executor", true), ["w/#"], 1, {
      message: ({ payload, topic }) => {
        const number = Number(Buffer.from(payload).toString().split(" ")[1]);
        const will = this.#wills.find((one) => one.topic === topic);
        if (will instanceof DelayedWillClient) will.arrived(number);
        else will?.wills.take(number);
      },
    });
    this.#subscribers.push(subscriber);
  }
}
