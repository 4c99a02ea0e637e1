/** Publishes numbered messages and repeats what was not acknowledged, as the standard has it (MQTT 5.0 section 4.4). */

import { type Packet, PacketType } from "@gmqtt/packets";
import type { Stream } from "../checker/stream.ts";
import { Peer, type PeerOptions } from "./peer.ts";

const WINDOW = 20;
const LAST_ID = 65_535;

interface Exchange {
  readonly stream: Stream;
  readonly number: number;
  readonly payload: Buffer;
  readonly retain: boolean;
  released: boolean;
}

export class Publisher extends Peer {
  readonly #streams: readonly Stream[];
  /** In the order of sending. */
  readonly #exchanges: Map<number, Exchange> = new Map();
  #lastId = 0;
  #sending = true;

  constructor(options: PeerOptions, streams: readonly Stream[]) {
    super(options);
    this.#streams = streams;
  }

  /** Messages without a final answer. */
  get open(): number {
    return this.#exchanges.size;
  }

  /** No new messages; those that are open are still worked on. */
  finish(): void {
    this.#sending = false;
  }

  /** Publishes a message, if the window has room. */
  tick(): void {
    if (!this.connected || !this.#sending || this.#exchanges.size >= WINDOW) return;
    const stream = this.options.random.pick(this.#streams);
    const number = stream.next();
    this.publish({ stream, number, payload: stream.payload(number), retain: false, released: false });
  }

  protected publish(exchange: Exchange): void {
    let id = this.#lastId;
    do {
      id = id === LAST_ID ? 1 : id + 1;
    } while (this.#exchanges.has(id));
    this.#lastId = id;
    this.#exchanges.set(id, exchange);
    this.options.judge.sent++;
    this.#send(id, exchange, false);
  }

  protected override onConnected(sessionPresent: boolean): void {
    if (this.options.persistent && sessionPresent) {
      for (const [id, exchange] of this.#exchanges) this.#send(id, exchange, true);
      return;
    }
    // A new session knows nothing of what was under way: nobody can say whether it arrived.
    this.#exchanges.clear();
  }

  protected override onPacket(packet: Packet): void {
    if (packet.type === PacketType.Puback) this.#conclude(packet.packetId, packet.reasonCode ?? 0);
    else if (packet.type === PacketType.Pubrec) this.#received(packet.packetId, packet.reasonCode ?? 0);
    else if (packet.type === PacketType.Pubcomp) this.#exchanges.delete(packet.packetId);
  }

  #received(id: number, reasonCode: number): void {
    const exchange = this.#exchanges.get(id);
    if (reasonCode >= 0x80) {
      this.#conclude(id, reasonCode);
      return;
    }
    if (exchange !== undefined && !exchange.released) {
      exchange.released = true;
      this.options.judge.acknowledged++;
      exchange.stream.acknowledge(exchange.number);
    }
    this.send({ type: PacketType.Pubrel, packetId: id, reasonCode: 0 });
  }

  #conclude(id: number, reasonCode: number): void {
    const exchange = this.#exchanges.get(id);
    if (exchange === undefined) return;
    this.#exchanges.delete(id);
    if (reasonCode >= 0x80) return;
    this.options.judge.acknowledged++;
    exchange.stream.acknowledge(exchange.number);
  }

  #send(packetId: number, exchange: Exchange, dup: boolean): void {
    const { payload, released, retain, stream } = exchange;
    if (released) this.send({ type: PacketType.Pubrel, packetId, reasonCode: 0 });
    else this.send({ type: PacketType.Publish, dup, qos: stream.qos, retain, topic: stream.topic, packetId, payload });
  }
}
