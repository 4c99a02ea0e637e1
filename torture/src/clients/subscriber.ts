/** Receives as a correct client does: remembers QoS 2 identifiers over connections, answers a little later, in order. */

import { type Packet, PacketType, type PublishPacket, type QoS } from "@gmqtt/packets";
import { Peer, type PeerOptions } from "./peer.ts";

/** An answer leaves after at most so many milliseconds. */
const SLOWEST_ANSWER = 30;

/** Told of each message once, and of each new connection. */
export interface SubscriberEvents {
  message(packet: PublishPacket): void;
  connected?(sessionPresent: boolean): void;
}

export class Subscriber extends Peer {
  readonly #filters: readonly string[];
  readonly #qos: QoS;
  readonly #events: SubscriberEvents;
  /** QoS 2 identifiers taken and not released. */
  readonly #taken: Set<number> = new Set();
  #answers: Packet[] = [];
  #answering: NodeJS.Timeout | undefined;
  #subscribed = false;
  #onSubscribed: (() => void)[] = [];

  constructor(options: PeerOptions, filters: readonly string[], qos: QoS, events: SubscriberEvents) {
    super(options);
    this.#filters = filters;
    this.#qos = qos;
    this.#events = events;
  }

  /** Resolves when SUBACK came. */
  whenSubscribed(): Promise<void> {
    if (this.#subscribed) return Promise.resolve();
    return new Promise((resolve) => this.#onSubscribed.push(resolve));
  }

  protected override onConnected(sessionPresent: boolean): void {
    if (!sessionPresent) {
      this.#taken.clear();
      const subscriptions = this.#filters.map((filter) => ({
        filter,
        qos: this.#qos,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0 as const,
      }));
      this.send({ type: PacketType.Subscribe, packetId: 1, subscriptions });
    }
    this.#events.connected?.(sessionPresent);
  }

  protected override onDisconnected(): void {
    this.#answers = [];
    clearTimeout(this.#answering);
    this.#answering = undefined;
  }

  protected override onPacket(packet: Packet): void {
    if (packet.type === PacketType.Publish) this.#publish(packet as PublishPacket);
    else if (packet.type === PacketType.Pubrel) {
      this.#taken.delete(packet.packetId);
      this.#answer({ type: PacketType.Pubcomp, packetId: packet.packetId, reasonCode: 0 });
    } else if (packet.type === PacketType.Suback) {
      this.#subscribed = true;
      for (const resolve of this.#onSubscribed) resolve();
      this.#onSubscribed = [];
    }
  }

  #publish(packet: PublishPacket): void {
    const { packetId, qos } = packet;
    if (qos === 2) {
      const known = this.#taken.has(packetId);
      this.#taken.add(packetId);
      this.#answer({ type: PacketType.Pubrec, packetId, reasonCode: 0 });
      if (known) return;
    } else if (qos === 1) this.#answer({ type: PacketType.Puback, packetId, reasonCode: 0 });
    this.#events.message(packet);
  }

  #answer(packet: Packet): void {
    this.#answers.push(packet);
    this.#answering ??= setTimeout(() => {
      this.#answering = undefined;
      const answers = this.#answers;
      this.#answers = [];
      for (const answer of answers) this.send(answer);
    }, this.options.random.below(SLOWEST_ANSWER));
  }
}
