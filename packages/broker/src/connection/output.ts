/** What a connection sends: packets to bytes, gathered and written once per turn, held back where the store has not committed yet. */

import { encode, fitTo, type Packet, PacketType, type ProtocolVersion, type QoS } from "@gmqtt/packets";
import type { Transport } from "../listeners/transport.ts";
import type { Message } from "../message.ts";
import type { Frame } from "../message-frame.ts";
import type { CommitWaiter, Journal } from "../persistence/journal.ts";
import type { DeliveryTimes, Timing } from "../stats/delivery-times.ts";
import type { TrafficCounters } from "../stats/stats.ts";
import type { ChunkPool } from "./chunk-pool.ts";
import { CommitGate, type GateTarget } from "./commit-gate.ts";
import type { Flushable, FlushScheduler } from "./flush-scheduler.ts";
import { Outbound } from "./outbound.ts";
import type { PacketTaps } from "./packet-taps.ts";

/** Output of one connection is written before the end of the turn when it gets this long: bytes. */
const EARLY_FLUSH = 256 * 1024;

/** What an output needs of the broker. */
export interface OutputShared {
  readonly scheduler: FlushScheduler;
  readonly pool: ChunkPool;
  readonly journal: Journal;
  readonly taps: PacketTaps;
  readonly traffic: TrafficCounters;
  readonly deliveryTimes: DeliveryTimes;
}

/** What an output needs of its connection. */
export interface OutputOptions {
  readonly transport: Transport;
  readonly shared: OutputShared;
  readonly counters: TrafficCounters;
  /** Unsent bytes at which `onOverflow` is called, once. */
  readonly maxUnsentBytes: number;
  readonly onOverflow: () => void;
  /** Nothing is held back any more. */
  readonly onReleased: () => void;
  /** Handed to those who watch packets. */
  readonly source: unknown;
}

/** What those who send messages see of it. */
export type MessageOutput = Pick<
  Output,
  "sendFrame" | "sendAck" | "tapPublish" | "tapped" | "unsentBytes" | "blocked" | "held"
>;

/** Is what it gathers in, rather than to have it: an object of each client less (docs/performance.md, "Each object is waited for"). */
export class Output extends Outbound implements Flushable, CommitWaiter, GateTarget {
  version: ProtocolVersion = 4;
  /** What the client takes at most, in bytes. */
  maximumPacketSize: number = Number.POSITIVE_INFINITY;
  /** The connection is ending: what is sent from now on is thrown away. */
  ending = false;
  /** False: reason strings and user properties stay out of everything but CONNACK and DISCONNECT. */
  problemInformation = true;
  readonly #shared: OutputShared;
  readonly #counters: TrafficCounters;
  readonly #transport: Transport;
  readonly #options: OutputOptions;
  #gate: CommitGate | null = null;
  /** The batch that the CONNACK waits for, 0 for none: everything behind it waits too [MQTT-3.2.0-1]. */
  #greeting = 0;
  /** The same for a SUBACK: messages of QoS 0 wait too, since what is retained follows the answer. */
  #subscribing = 0;
  #dirty = false;
  /** The kernel did not take everything; nothing is written until it has. */
  #blocked = false;
  #closed = false;
  #overflown = false;
  /** A message that is timed, until its bytes are written; one at a time. */
  #timing: Timing | null = null;
  /** The batch that it waits for; 0: none. */
  #timedBatch = 0;

  constructor(options: OutputOptions) {
    super(options.shared.pool);
    this.#options = options;
    this.#shared = options.shared;
    this.#counters = options.counters;
    this.#transport = options.transport;
  }

  /** Bytes that were to be sent and that the kernel has not taken. */
  get unsentBytes(): number {
    const held = this.#gate === null ? 0 : this.#gate.bytes;
    return this.bytes + this.#transport.bufferedBytes + held;
  }

  /** The peer does not read as fast as it is sent to. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Something waits for the store. */
  get held(): boolean {
    return this.#gate !== null;
  }

  /** PUBACKs that wait for the store. */
  get heldPubacks(): number {
    return this.#gate === null ? 0 : this.#gate.pubacks;
  }

  /** Sends a packet, shortened to what the client takes; false when even so it does not fit. */
  send(packet: Packet, afterCommit: boolean): boolean {
    if (this.ending) return false;
    const fitting = this.#fit(packet);
    if (fitting === null) return false;
    const bytes = encode(fitting, this.version);
    const awaited = this.#awaitedBy(packet.type, afterCommit);
    if (awaited === 0) this.append(bytes, 0, bytes.length);
    else if (packet.type === PacketType.Puback) this.#hold().holdPuback(bytes, awaited);
    else this.#hold().hold(bytes, awaited);
    if (packet.type === PacketType.Connack) this.#greeting = awaited;
    else if (packet.type === PacketType.Suback) this.#subscribing = awaited;
    this.#sent(packet.type, bytes.length);
    if (this.tapped) this.#tap(fitting);
    return true;
  }

  /** Sends PUBACK, PUBREC, PUBREL or PUBCOMP with reason code 0, once what it implies is committed. */
  sendAck(type: 4 | 5 | 6 | 7, packetId: number): void {
    if (this.ending) return;
    const firstByte = type === 6 ? 0x62 : type << 4;
    const awaited = this.#awaited();
    if (awaited === 0) this.appendAck(firstByte, packetId);
    else this.#hold().holdAck(firstByte, packetId, awaited);
    this.#sent(type, 4);
    if (this.tapped) this.#tap({ type, packetId, reasonCode: 0 } as Packet);
  }

  /** Sends a PUBLISH that others get too. The caller has checked its size. */
  sendFrame(frame: Frame, firstByte: number, packetId: number, timing: Timing | null): void {
    if (this.ending) return;
    const awaited = packetId === 0 && this.#greeting === 0 && this.#subscribing === 0 ? 0 : this.#awaited();
    if (timing !== null && this.#timing === null) {
      this.#timing = timing;
      this.#timedBatch = awaited;
    }
    if (awaited === 0) this.appendFrame(frame, firstByte, packetId);
    else this.#hold().holdFrame(frame, firstByte, packetId, awaited);
    const qos = (firstByte >> 1) & 3;
    this.#counters.messageSent(qos);
    this.#shared.traffic.messageSent(qos);
    this.#sent(3, frame.length);
  }

  /** Somebody watches packets. */
  get tapped(): boolean {
    return this.#shared.taps.active;
  }

  /** Shows a sent message to those who watch. */
  tapPublish(message: Message, qos: QoS, retain: boolean, dup: boolean, packetId: number): void {
    const { topic, payload, properties } = message;
    this.#tap({ type: 3, dup, qos, retain, topic, packetId, payload, properties });
  }

  flush(): void {
    this.#dirty = false;
    if (this.#closed || this.bytes === 0) return;
    if (this.#blocked) {
      this.settle();
      return;
    }
    this.#write();
  }

  /** The kernel has taken what it had not; writes on. True when that went through as well. */
  drained(): boolean {
    this.#blocked = false;
    this.releaseUntaken();
    this.flush();
    return !this.#blocked;
  }

  /** Writes the last bytes, whatever the kernel has taken so far. */
  finish(): void {
    if (this.bytes > 0) this.writeTo(this.#transport);
  }

  /** Forgets everything; the transport is gone. */
  close(): void {
    this.#closed = true;
    this.clear();
    if (this.#gate !== null) this.#shared.journal.forget(this);
    this.#gate = null;
  }

  /** @internal told by the journal */
  committed(batch: number): void {
    const gate = this.#gate;
    if (gate === null) return;
    if (this.#timedBatch <= batch) this.#timedBatch = 0;
    gate.open(batch, this);
    if (this.#greeting <= batch) this.#greeting = 0;
    if (this.#subscribing <= batch) this.#subscribing = 0;
    if (!gate.empty) return;
    this.#shared.journal.forget(this);
    this.#gate = null;
    this.#options.onReleased();
  }

  /** @internal a piece of output has been committed */
  release(bytes: Uint8Array): void {
    this.append(bytes, 0, bytes.length);
    this.#markDirty();
  }

  /** @internal the same of an acknowledgement */
  releaseAck(firstByte: number, packetId: number): void {
    this.appendAck(firstByte, packetId);
    this.#markDirty();
  }

  #awaited(): number {
    const { journal } = this.#shared;
    return journal.durable ? journal.awaited : 0;
  }

  /** Which batch a packet waits for; 0: none. DISCONNECT comes behind everything that is held [MQTT-3.14.4-1]. */
  #awaitedBy(type: number, afterCommit: boolean): number {
    if (afterCommit || this.#greeting !== 0) return this.#awaited();
    return type === PacketType.Disconnect && this.#gate !== null ? this.#gate.lastBatch : 0;
  }

  #hold(): CommitGate {
    if (this.#gate === null) {
      this.#gate = new CommitGate();
      this.#shared.journal.wait(this);
    }
    return this.#gate;
  }

  #fit(packet: Packet): Packet | null {
    if (this.maximumPacketSize === Number.POSITIVE_INFINITY && this.problemInformation) return packet;
    return fitTo(packet, this.version, this.maximumPacketSize, this.problemInformation);
  }

  #sent(type: number, bytes: number): void {
    this.#counters.packetSent(type, bytes);
    this.#shared.traffic.packetSent(type, bytes);
    this.#markDirty();
  }

  #tap(packet: Packet): void {
    this.#shared.taps.emit(this.#options.source, "out", packet);
  }

  #markDirty(): void {
    if (!this.#dirty) {
      this.#dirty = true;
      this.#shared.scheduler.add(this);
    }
    if (this.bytes >= EARLY_FLUSH) this.#full();
  }

  #write(): void {
    this.#blocked = !this.writeTo(this.#transport);
    if (this.#timing === null || this.#timedBatch !== 0) return;
    this.#shared.deliveryTimes.delivered(this.#timing.arrivedAt);
    this.#timing = null;
  }

  #full(): void {
    if (!this.#blocked) {
      this.#write(); // one packet may be larger than the limit: a peer who was not behind before may take it
      return;
    }
    if (this.unsentBytes <= this.#options.maxUnsentBytes || this.#overflown) return;
    this.#overflown = true;
    this.#options.onOverflow();
  }
}
