/** Bytes to packets and packets to bytes, for one transport; knows framing, limits and backpressure, no protocol state. */

import { Decoder, encode, fitTo, type Packet, type ProtocolVersion, type QoS, type TopicTable } from "@gmqtt/packets";
import type { Clock } from "../clock.ts";
import type { Transport, TransportHandler } from "../listeners/transport.ts";
import type { Message } from "../message.ts";
import type { Frame } from "../message-frame.ts";
import type { CommitWaiter, Journal } from "../persistence/journal.ts";
import type { TrafficCounters } from "../stats/stats.ts";
import type { TimerWheel, WheelTimer } from "../timer-wheel.ts";
import type { ChunkPool } from "./chunk-pool.ts";
import { CommitGate } from "./commit-gate.ts";
import type { Flushable, FlushScheduler } from "./flush-scheduler.ts";
import { Outbound } from "./outbound.ts";
import type { PacketTaps } from "./packet-taps.ts";

/** How long a peer has to read the last packet and close, before he is cut off: milliseconds. */
const LINGER = 2000;
/** Output of one connection is written before the end of the turn when it gets this long: bytes. */
const EARLY_FLUSH = 256 * 1024;
/** While a packet waits for a hook or the store, this much more is read before the socket is paused: bytes. */
const READ_AHEAD = 64 * 1024;

/** What all connections of a broker share. */
export interface ConnectionShared {
  readonly clock: Clock;
  readonly scheduler: FlushScheduler;
  readonly pool: ChunkPool;
  readonly journal: Journal;
  readonly wheel: TimerWheel;
  readonly topics: TopicTable;
  readonly taps: PacketTaps;
  readonly traffic: TrafficCounters;
}

/** Limits that hold before the CONNECT is known. */
export interface ConnectionLimits {
  readonly maxPacketSize: number;
  readonly maxUserProperties: number;
  readonly maxFilters: number;
  /** Unsent bytes at which the connection is given up. */
  readonly maxUnsentBytes: number;
}

/** Who works on the packets. */
export interface ConnectionOwner {
  /** Packets may be there: take them with `decoder.next()`. */
  onReadable(): void;
  /** Everything written has been taken, after a time in which it was not. */
  onWritable(): void;
  /** More unsent bytes than allowed. */
  onOverflow(): void;
  onClosed(error: Error | undefined): void;
}

/** One per accepted transport. */
export class Connection implements TransportHandler, Flushable, CommitWaiter {
  readonly transport: Transport;
  /** Takes packets out of what was received; use `next()`, which counts them. */
  readonly decoder: Decoder;
  /** When the bytes now being decoded arrived, in milliseconds since 1970; one look at the clock for all packets of a chunk. */
  receivedAt = 0;
  /** Traffic of this connection alone. */
  readonly counters: TrafficCounters;
  readonly #shared: ConnectionShared;
  /** Who works on its packets. */
  readonly owner: ConnectionOwner;
  readonly #outbound: Outbound;
  #gate: CommitGate | null = null;
  #version: ProtocolVersion = 4;
  /** What the client takes at most, in bytes. */
  maximumPacketSize: number = Number.POSITIVE_INFINITY;
  /** False: reason strings and user properties stay out of everything but CONNACK and DISCONNECT. */
  problemInformation = true;
  #maxUnsentBytes: number;
  #dirty = false;
  /** The kernel did not take everything; nothing is written until it has. */
  #blocked = false;
  #busy = false;
  #paused = false;
  #ending = false;
  #closed = false;
  #overflown = false;
  #linger: WheelTimer | null = null;

  constructor(
    transport: Transport,
    shared: ConnectionShared,
    limits: ConnectionLimits,
    counters: TrafficCounters,
    owner: ConnectionOwner,
  ) {
    this.transport = transport;
    this.#shared = shared;
    this.owner = owner;
    this.counters = counters;
    this.#outbound = new Outbound(shared.pool);
    this.#maxUnsentBytes = limits.maxUnsentBytes;
    this.decoder = new Decoder({
      from: "client",
      maximumPacketSize: limits.maxPacketSize,
      maximumUserProperties: limits.maxUserProperties,
      maximumFilters: limits.maxFilters,
      topics: shared.topics,
    });
  }

  /** Starts reading. */
  start(): void {
    this.transport.start(this);
  }

  get version(): ProtocolVersion {
    return this.#version;
  }

  /** Fixed once the CONNECT is known. */
  set version(version: ProtocolVersion) {
    this.#version = version;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** No more packets go out: a DISCONNECT was sent, or the connection is gone. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Bytes that were to be sent and that the kernel has not taken. */
  get unsentBytes(): number {
    return this.#outbound.bytes + this.transport.bufferedBytes + (this.#gate === null ? 0 : this.#gate.bytes);
  }

  /** The peer does not read as fast as it is sent to. */
  get blocked(): boolean {
    return this.#blocked;
  }

  /** Sends a packet, shortened to what the client takes; false when even so it does not fit. */
  send(packet: Packet, afterCommit = false): boolean {
    if (this.#ending) return false;
    const fitting = this.#fit(packet);
    if (fitting === null) return false;
    const bytes = encode(fitting, this.#version);
    const awaited = afterCommit ? this.#awaited() : packet.type === 14 ? this.#held() : 0;
    if (awaited === 0) this.#outbound.append(bytes, 0, bytes.length);
    else this.#hold().hold(bytes, awaited);
    this.#sent(packet.type, bytes.length);
    if (this.tapped) this.#shared.taps.emit(this, "out", fitting);
    return true;
  }

  /** Sends PUBACK, PUBREC, PUBREL or PUBCOMP with reason code 0, once what it implies is committed. */
  sendAck(type: 4 | 5 | 6 | 7, packetId: number): void {
    if (this.#ending) return;
    const firstByte = type === 6 ? 0x62 : type << 4;
    const awaited = this.#awaited();
    if (awaited === 0) this.#outbound.appendAck(firstByte, packetId);
    else this.#hold().hold(Uint8Array.of(firstByte, 2, packetId >> 8, packetId & 0xff), awaited);
    this.#sent(type, 4);
    if (this.tapped) this.#shared.taps.emit(this, "out", { type, packetId, reasonCode: 0 } as Packet);
  }

  /** Sends a PUBLISH that others get too. The caller has checked its size. */
  sendFrame(frame: Frame, firstByte: number, packetId: number): void {
    if (this.#ending) return;
    const awaited = packetId === 0 ? 0 : this.#awaited();
    if (awaited === 0) this.#outbound.appendFrame(frame, firstByte, packetId);
    else this.#hold().holdFrame(frame, firstByte, packetId, awaited);
    this.#sent(3, frame.length);
  }

  /** The next packet of the client, counted; null when more bytes are needed. Throws `ProtocolError`. */
  next(): Packet | null {
    const packet = this.decoder.next();
    if (packet === null) return null;
    this.counters.packetReceived(packet.type, this.decoder.packetLength);
    this.#shared.traffic.packetReceived(packet.type, this.decoder.packetLength);
    if (this.tapped) this.#shared.taps.emit(this, "in", packet);
    return packet;
  }

  /** Somebody watches packets. */
  get tapped(): boolean {
    return this.#shared.taps.active;
  }

  /** Shows a sent message to those who watch. */
  tapPublish(message: Message, qos: QoS, retain: boolean, dup: boolean, packetId: number): void {
    const { topic, payload, properties } = message;
    this.#shared.taps.emit(this, "out", { type: 3, dup, qos, retain, topic, packetId, payload, properties });
  }

  /** Marks a packet that waits for a hook or the store; those behind it wait too. */
  set busy(busy: boolean) {
    this.#busy = busy;
    if (!busy && this.#paused && !this.#closed) {
      this.#paused = false;
      this.transport.resume();
    }
  }

  pauseReading(): void {
    if (this.#paused || this.#closed) return;
    this.#paused = true;
    this.transport.pause();
  }

  /**
   * Ends the connection behind what was sent: finishes our direction, goes on reading for a moment (closing with unread
   * input would make the kernel send RST and the last packet would be lost), then cuts off.
   */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    if (this.#closed) return;
    if (this.#gate !== null && !this.#gate.empty) return; // the end follows the last commit
    this.#finish();
  }

  /** Closes at once. What was not sent is lost. */
  destroy(): void {
    this.#ending = true;
    this.transport.destroy();
  }

  flush(): void {
    this.#dirty = false;
    if (this.#closed || this.#outbound.bytes === 0) return;
    if (this.#blocked) {
      this.#outbound.settle();
      return;
    }
    this.#blocked = !this.#outbound.flush(this.transport);
  }

  /** @internal told by the journal */
  committed(batch: number): void {
    const gate = this.#gate;
    if (gate === null || this.#closed) return;
    gate.open(batch, this);
    if (!gate.empty) return;
    this.#shared.journal.forget(this);
    this.#gate = null;
    if (this.#ending) this.#finish();
  }

  /** @internal a piece of output has been committed */
  release(bytes: Uint8Array): void {
    this.#outbound.append(bytes, 0, bytes.length);
    this.#markDirty();
  }

  onData(chunk: Buffer): void {
    if (this.#ending) return; // read and thrown away
    this.receivedAt = this.#shared.clock.now();
    this.decoder.push(chunk);
    if (this.#busy) {
      if (this.decoder.bufferedBytes > READ_AHEAD) this.pauseReading();
      return;
    }
    this.owner.onReadable();
  }

  onDrain(): void {
    this.#blocked = false;
    this.flush();
    if (!this.#blocked && !this.#ending) this.owner.onWritable();
  }

  onEnd(): void {
    if (this.#ending) this.transport.destroy();
    else this.owner.onClosed(undefined);
  }

  onClose(error: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#ending = true;
    this.#linger?.cancel();
    this.#outbound.clear();
    if (this.#gate !== null) this.#shared.journal.forget(this);
    this.#gate = null;
    this.owner.onClosed(error);
  }

  #finish(): void {
    this.#dirty = false;
    if (this.#outbound.bytes > 0) this.#outbound.flush(this.transport);
    this.transport.end();
    if (this.#paused) this.transport.resume();
    this.#paused = false;
    this.#linger ??= this.#shared.wheel.after(LINGER, () => this.transport.destroy());
  }

  #awaited(): number {
    const journal = this.#shared.journal;
    if (!journal.durable) return 0;
    // What is held already must not be overtaken.
    return journal.awaited;
  }

  /** DISCONNECT comes behind everything that is held [MQTT-3.14.4-1]. */
  #held(): number {
    return this.#gate === null ? 0 : this.#gate.lastBatch;
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
    return fitTo(packet, this.#version, this.maximumPacketSize, this.problemInformation);
  }

  #sent(type: number, bytes: number): void {
    this.counters.packetSent(type, bytes);
    this.#shared.traffic.packetSent(type, bytes);
    this.#markDirty();
  }

  #markDirty(): void {
    if (!this.#dirty) {
      this.#dirty = true;
      this.#shared.scheduler.add(this);
    }
    if (this.#outbound.bytes >= EARLY_FLUSH) this.#full();
  }

  #full(): void {
    if (!this.#blocked && !this.#ending) this.#blocked = !this.#outbound.flush(this.transport);
    if (this.unsentBytes > this.#maxUnsentBytes && !this.#overflown) {
      this.#overflown = true;
      this.owner.onOverflow();
    }
  }
}
