/** One transport that speaks MQTT packets: framing and limits coming in, output going out, and how the connection ends. */

import { Decoder, type Packet, type PacketMemory, type ProtocolVersion, type TopicTable } from "@gmqtt/packets";
import type { SteadyClock } from "../clock.ts";
import type { Transport, TransportHandler } from "../listeners/transport.ts";
import type { TrafficCounters } from "../stats/stats.ts";
import type { TimerWheel, WheelTimer } from "../timer-wheel.ts";
import { BorrowedMemory } from "./borrowed-memory.ts";
import { type MessageOutput, Output, type OutputShared } from "./output.ts";
import type { Postponed } from "./turn-budget.ts";

/** How long a peer has to read the last packet and close, before he is cut off: milliseconds. */
const LINGER = 2000;
/** While a packet waits for a hook, the store or the next turn, this much more is read before the socket is paused: bytes. */
const READ_AHEAD = 64 * 1024;

/** What all connections of a broker share. */
export interface ConnectionShared extends OutputShared {
  readonly clock: SteadyClock;
  readonly wheel: TimerWheel;
  readonly topics: TopicTable;
  /** Plugins see messages, and may keep them. */
  readonly messagesSeen: boolean;
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
  /** Packets may be there: take them with `next()`. */
  onReadable(): void;
  /** Everything written has been taken, after a time in which it was not. */
  onWritable(): void;
  /** More unsent bytes than allowed. */
  onOverflow(): void;
  onClosed(error: Error | undefined): void;
}

/** One per accepted transport. */
export class Connection implements TransportHandler, Postponed, PacketMemory {
  readonly transport: Transport;
  /** Takes packets out of what was received; use `next()`, which counts them. */
  readonly decoder: Decoder;
  /** When the bytes now being decoded arrived, in milliseconds since 1970; one look at the clock for all packets of a chunk. */
  receivedAt = 0;
  /** The same as monotonic milliseconds; -1 before the first. */
  arrivedAt = -1;
  /** Traffic of this connection alone. */
  readonly counters: TrafficCounters;
  /** Who works on its packets. */
  readonly owner: ConnectionOwner;
  readonly #shared: ConnectionShared;
  readonly #output: Output;
  readonly #borrowed: BorrowedMemory;
  #busy = false;
  #paused = false;
  /** What was received waits for the next turn of the event loop. */
  #postponed = false;
  postponedBytes = 0;
  /** So does what follows from the end of the peer's direction: thousands may leave at the same moment. */
  #endPostponed = false;
  /** The budget is going to call `proceed`. */
  #waiting = false;
  /** The peer has sent his last byte: nothing waits any more. */
  #complete = false;
  #ending = false;
  #closed = false;
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
    this.#borrowed = new BorrowedMemory(shared.messagesSeen);
    this.#output = new Output({
      transport,
      shared,
      counters,
      maxUnsentBytes: limits.maxUnsentBytes,
      onOverflow: () => owner.onOverflow(),
      onReleased: () => {
        if (this.#ending && !this.#closed) this.#finish();
      },
      source: this,
    });
    this.decoder = new Decoder({
      from: "client",
      maximumPacketSize: limits.maxPacketSize,
      maximumUserProperties: limits.maxUserProperties,
      maximumFilters: limits.maxFilters,
      topics: shared.topics,
      memory: this,
    });
  }

  /** Starts reading. */
  start(): void {
    this.transport.start(this);
  }

  get version(): ProtocolVersion {
    return this.#output.version;
  }

  /** Fixed once the CONNECT is known. */
  set version(version: ProtocolVersion) {
    this.#output.version = version;
  }

  /** What the client takes: packets of this many bytes, and reason strings and user properties in answers or not. */
  limitOutput(maximumPacketSize: number, problemInformation: boolean): void {
    this.#output.maximumPacketSize = maximumPacketSize;
    this.#output.problemInformation = problemInformation;
  }

  /** Sends messages. Whoever sends many keeps it, and is spared a look at the connection. */
  get output(): MessageOutput {
    return this.#output;
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
    return this.#output.unsentBytes;
  }

  /** PUBACKs that wait for the store. */
  get heldPubacks(): number {
    return this.#output.heldPubacks;
  }

  /** Sends a packet, shortened to what the client takes; false when even so it does not fit. */
  send(packet: Packet, afterCommit = false): boolean {
    return this.#output.send(packet, afterCommit);
  }

  /** Sends PUBACK, PUBREC, PUBREL or PUBCOMP with reason code 0, once what it implies is committed. */
  sendAck(type: 4 | 5 | 6 | 7, packetId: number): void {
    this.#output.sendAck(type, packetId);
  }

  /** The next packet of the client, counted; null when more bytes are needed. Throws `ProtocolError`. */
  next(): Packet | null {
    const packet = this.decoder.next();
    if (packet === null) {
      this.#release();
      return null;
    }
    this.counters.packetReceived(packet.type, this.decoder.packetLength);
    this.#shared.traffic.packetReceived(packet.type, this.decoder.packetLength);
    if (!this.#borrowed.isEmpty && !this.#passesOn(packet)) this.#borrowed.keep();
    if (this.#shared.taps.active) this.#shared.taps.emit(this, "in", packet);
    return packet;
  }

  /** Marks a packet that waits for a hook or the store; those behind it wait too. */
  set busy(busy: boolean) {
    this.#busy = busy;
    if (!busy && this.#endPostponed) this.#endLater();
    this.#readOn();
  }

  /** A message of this client went to many: that takes its time, and counts in how long he may go on. */
  fannedOut(receivers: number): void {
    this.#shared.scheduler.fannedOut(receivers);
  }

  /** What is left of the received packets waits for the next turn of the event loop. False: it can't. */
  postpone(): boolean {
    if (this.#complete) return false;
    this.#postponed = this.#waitForTurn();
    return this.#postponed;
  }

  /** @internal the next turn is there */
  proceed(): void {
    this.#waiting = false;
    this.#proceed();
    if (this.#endPostponed && !this.#postponed && !this.#busy) this.#ended();
  }

  /**
   * Ends the connection behind what was sent: finishes our direction, goes on reading for a moment (closing with unread
   * input would make the kernel send RST and the last packet would be lost), then cuts off.
   */
  end(): void {
    if (this.#ending) return;
    this.#stop();
    if (this.#closed) return;
    this.#linger = this.#shared.wheel.after(LINGER, () => this.transport.destroy());
    if (!this.#output.held) this.#finish(); // else the end follows the last commit
  }

  /**
   * Ends the connection of a client that has said it leaves. On a plain socket nothing is left to be said, and waiting for
   * the client to close it first would cost as much as opening it; TLS and WebSockets have a farewell of their own.
   */
  leave(): void {
    const { kind } = this.transport.info;
    if ((kind === "tcp" || kind === "unix") && this.unsentBytes === 0) this.destroy();
    else this.end();
  }

  /** Closes at once. What was not sent is lost. */
  destroy(): void {
    this.#stop();
    this.transport.destroy();
  }

  onData(chunk: Buffer, start: number = 0, end: number = chunk.length): void {
    if (this.#ending) return; // read and thrown away
    this.receivedAt = this.#shared.clock.now();
    this.arrivedAt = this.#shared.clock.monotonic();
    this.decoder.push(chunk, start, end);
    this.#borrowed.take(chunk, this.decoder.receivedBytes, end - start === chunk.length);
    const waits =
      this.#busy || this.#postponed || (this.#shared.scheduler.budget.exhausted(this.arrivedAt) && this.postpone());
    if (!waits) this.#work(this.receivedAt, this.arrivedAt);
    else if (this.decoder.bufferedBytes > READ_AHEAD && !this.#paused) {
      this.#paused = true;
      this.transport.pause();
    }
  }

  /** Also while packets have to wait: what a large one lacks comes behind them, and `onData` follows. */
  fill(chunk: Buffer, end: number): number {
    return this.#ending ? 0 : this.decoder.fill(chunk, 0, end);
  }

  /** @internal for the decoder */
  memoryFor(packetLength: number): Buffer {
    const { bufferedBytes, receivedBytes } = this.decoder;
    return this.#borrowed.lend(packetLength, receivedBytes - bufferedBytes + packetLength);
  }

  onDrain(): void {
    if (this.#output.drained() && !this.#ending) this.owner.onWritable();
  }

  onEnd(): void {
    // What came before it is worked off first: a DISCONNECT among that decides about the will [MQTT-3.14.4-3].
    this.#endPostponed = this.#busy || (this.#shared.scheduler.budget.isBusy() && this.#postponeEnd());
    if (!this.#endPostponed) this.#ended();
  }

  onClose(error: Error | undefined): void {
    if (this.#closed) return;
    this.#endPostponed = false;
    this.#takeLast();
    this.#closed = true;
    this.#stop();
    this.#linger?.cancel();
    this.#output.close();
    this.owner.onClosed(error);
  }

  #stop(): void {
    this.#ending = true;
    this.#output.ending = true;
  }

  #work(now: number, monotonic: number): void {
    const { clock, scheduler } = this.#shared;
    clock.hold(now);
    try {
      scheduler.beginChunk(monotonic);
      this.owner.onReadable();
      scheduler.endChunk();
      this.#release();
    } finally {
      clock.release();
    }
  }

  #release(): void {
    if (!this.#borrowed.isEmpty) this.#borrowed.release(this.decoder.releasedBytes);
  }

  /** Nobody has anything of the packet any more once its receivers have been written to. */
  #passesOn(packet: Packet): boolean {
    const { active } = this.#shared.taps;
    return packet.type === 3 && packet.qos === 0 && !packet.retain && packet.properties === undefined && !active;
  }

  /** False: it can't. Bytes that are still there may have to wait as well, and are counted. */
  #postponeEnd(): boolean {
    if (this.#waiting || this.decoder.bufferedBytes > 0) return this.#waitForTurn();
    this.#endLater();
    return true;
  }

  #endLater(): void {
    if (this.#waiting) return;
    this.postponedBytes = 0;
    this.#waiting = true;
    this.#shared.scheduler.budget.postponeEnd(this);
  }

  /** Once for whatever waits: what was received, or that and the end behind it. */
  #waitForTurn(): boolean {
    if (this.#waiting) return true;
    this.postponedBytes = this.decoder.bufferedBytes;
    this.#waiting = this.#shared.scheduler.budget.postpone(this);
    return this.#waiting;
  }

  #proceed(): void {
    if (!this.#postponed) return;
    this.#postponed = false;
    if (this.#ending || this.#busy) return;
    const { clock } = this.#shared;
    this.#work(clock.now(), clock.monotonic());
    this.#readOn();
  }

  #ended(): void {
    const { clock, scheduler } = this.#shared;
    this.#endPostponed = false;
    this.#takeLast();
    scheduler.budget.begin(clock.monotonic());
    if (this.#ending) this.transport.destroy();
    else this.owner.onClosed(undefined);
    scheduler.budget.end();
  }

  #readOn(): void {
    if (!this.#paused || this.#busy || this.#postponed || this.#closed) return;
    this.#paused = false;
    this.transport.resume();
  }

  /** What came before the end counts as if the end had not come behind it. */
  #takeLast(): void {
    this.#complete = true;
    this.#proceed();
  }

  #finish(): void {
    this.#output.finish();
    this.transport.end();
    if (this.#paused) this.transport.resume();
    this.#paused = false;
  }
}
