/** Subscribes and unsubscribes all the time, and knows what it is subscribed to in the end. */

import { type Packet, PacketType } from "@gmqtt/packets";
import { Peer, type PeerOptions } from "./peer.ts";

const TOPICS = 20;

export class Flipper extends Peer {
  /** By topic; undefined while nobody can say. */
  readonly #states: Map<string, boolean | undefined> = new Map();
  #pending: { readonly topic: string; readonly subscribe: boolean } | undefined;
  #lastId = 0;
  readonly #probed: Map<string, string> = new Map();
  #finished = false;

  constructor(options: PeerOptions) {
    super(options);
    for (let index = 0; index < TOPICS; index++) this.#states.set(`f/${options.clientId}/${index}`, false);
  }

  get topics(): readonly string[] {
    return [...this.#states.keys()];
  }

  /** Changes one subscription, unless a change is under way. */
  tick(): void {
    if (!this.connected || this.#pending !== undefined || this.#finished) return;
    const topic = this.options.random.pick(this.topics);
    const subscribe = this.options.random.below(2) === 0;
    this.#pending = { topic, subscribe };
    this.#states.set(topic, undefined);
    this.#lastId = (this.#lastId % 65_535) + 1;
    const packetId = this.#lastId;
    if (!subscribe) this.send({ type: PacketType.Unsubscribe, packetId, filters: [topic] });
    else {
      const options = { qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
      this.send({ type: PacketType.Subscribe, packetId, subscriptions: [{ filter: topic, ...options }] });
    }
  }

  finish(): void {
    this.#finished = true;
  }

  get settled(): boolean {
    return this.#pending === undefined;
  }

  /** After one message went to each topic. `word` is what those messages say. */
  judge(word: string): void {
    for (const [topic, subscribed] of this.#states) {
      if (subscribed === undefined) continue;
      const got = this.#probed.get(topic) === word;
      if (got === subscribed) continue;
      const was = subscribed ? "subscribed to" : "unsubscribed from";
      this.options.judge.violation(
        `${this.options.clientId} had ${was} ${topic}, a message ${got ? "came" : "did not come"}`,
      );
    }
  }

  protected override onConnected(): void {
    this.#pending = undefined;
  }

  protected override onPacket(packet: Packet): void {
    if (packet.type === PacketType.Suback || packet.type === PacketType.Unsuback) {
      if (this.#pending !== undefined && packet.packetId === this.#lastId) {
        this.#states.set(this.#pending.topic, this.#pending.subscribe);
        this.#pending = undefined;
      }
    } else if (packet.type === PacketType.Publish) {
      this.#probed.set(packet.topic, Buffer.from(packet.payload).toString());
      if (packet.qos === 1) this.send({ type: PacketType.Puback, packetId: packet.packetId, reasonCode: 0 });
    }
  }
}
