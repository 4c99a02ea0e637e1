/** Subscribes and unsubscribes all the time, and looks again and again whether it gets what it is subscribed to. */

import { type Packet, PacketType } from "@gmqtt/packets";
import { Peer, type PeerOptions } from "./peer.ts";

const TOPICS = 20;
/** So many changes, then a look. */
const CHANGES = 40;

export class Flipper extends Peer {
  /** By topic; undefined while nobody can say. */
  readonly #states: Map<string, boolean | undefined> = new Map();
  /** Always subscribed to: what comes there says that all before has come. */
  readonly #end: string;
  #pending: { readonly topic: string; readonly subscribe: boolean } | undefined;
  #lastId = 0;
  #changes = 0;
  /** What the messages of the look under way say; undefined while there is none. */
  #word: string | undefined;
  #looks = 0;
  readonly #seen: Set<string> = new Set();
  #finishing = false;
  #lastLook: number | undefined;

  constructor(options: PeerOptions) {
    super(options);
    this.#end = `f/${options.clientId}/end`;
    this.#states.set(this.#end, undefined);
    for (let index = 0; index < TOPICS; index++) this.#states.set(`f/${options.clientId}/${index}`, false);
  }

  /** Changes one subscription, unless a change or a look is under way. */
  tick(): void {
    if (!this.connected || this.#pending !== undefined || this.#word !== undefined || this.#finishing) return;
    if (++this.#changes % CHANGES === 0) this.#look();
    else if (this.#states.get(this.#end) !== true) this.#change(this.#end, true);
    else {
      const topics = [...this.#states.keys()].filter((topic) => topic !== this.#end);
      this.#change(this.options.random.pick(topics), this.options.random.below(2) === 0);
    }
  }

  /** No changes from here on, but one more look. */
  finish(): void {
    this.#finishing = true;
    this.#lastLook = this.#looks + 1;
    if (this.connected && this.#pending === undefined && this.#word === undefined) this.#look();
  }

  /** The last look has been taken. */
  get settled(): boolean {
    return this.#lastLook !== undefined && this.#word === undefined && this.#looks >= this.#lastLook;
  }

  protected override onConnected(sessionPresent: boolean): void {
    this.#pending = undefined;
    this.#word = undefined;
    if (sessionPresent && this.#states.get(this.#end) === true) this.#look();
    else this.#change(this.#end, true);
  }

  protected override onPacket(packet: Packet): void {
    if (packet.type === PacketType.Suback || packet.type === PacketType.Unsuback) {
      if (this.#pending === undefined || packet.packetId !== this.#lastId) return;
      this.#states.set(this.#pending.topic, this.#pending.subscribe);
      this.#pending = undefined;
      if (this.#finishing) this.#look();
    } else if (packet.type === PacketType.Publish) {
      if (packet.qos === 1) this.send({ type: PacketType.Puback, packetId: packet.packetId, reasonCode: 0 });
      if (this.#word === undefined || Buffer.from(packet.payload).toString() !== this.#word) return;
      this.#seen.add(packet.topic);
      if (packet.topic === this.#end) this.#judge();
    }
  }

  #change(topic: string, subscribe: boolean): void {
    this.#pending = { topic, subscribe };
    this.#states.set(topic, undefined);
    const packetId = this.#nextId();
    if (!subscribe) this.send({ type: PacketType.Unsubscribe, packetId, filters: [topic] });
    else {
      const options = { qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
      this.send({ type: PacketType.Subscribe, packetId, subscriptions: [{ filter: topic, ...options }] });
    }
  }

  /** One message to each topic, to the last one last. A lost connection ends the look, and the next one begins another. */
  #look(): void {
    this.#word = `look ${++this.#looks}`;
    this.#seen.clear();
    const topics = [...this.#states.keys()].filter((topic) => topic !== this.#end);
    const payload = Buffer.from(this.#word);
    for (const topic of [...topics, this.#end]) {
      const packetId = this.#nextId();
      this.send({ type: PacketType.Publish, dup: false, qos: 1, retain: false, topic, packetId, payload });
    }
  }

  /** What nobody could say is known now, and has to stay so. */
  #judge(): void {
    this.#word = undefined;
    const { clientId, judge } = this.options;
    for (const [topic, subscribed] of this.#states) {
      const got = this.#seen.has(topic);
      this.#states.set(topic, got);
      if (subscribed === undefined) continue;
      judge.check("subscriptions");
      if (got === subscribed) continue;
      const was = subscribed ? "subscribed to" : "unsubscribed from";
      judge.violation("subscriptions", `${clientId} had ${was} ${topic}, a message ${got ? "came" : "did not come"}`);
    }
    if (this.#finishing && !this.settled) this.#look();
  }

  #nextId(): number {
    this.#lastId = (this.#lastId % 65_535) + 1;
    return this.#lastId;
  }
}
