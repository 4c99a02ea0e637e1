/** A scripted MQTT client: sends what the test says, also what no client should, and reads strictly. */

import { AssertionError } from "node:assert";
import type { Clock, ClockTimer, Transport } from "@gmqtt/broker";
import {
  type ConnackPacket,
  type ConnectPacket,
  Decoder,
  type DisconnectPacket,
  encode,
  type Packet,
  type ProtocolVersion,
} from "@gmqtt/packets";
import { answerTo } from "./acknowledger.ts";
import { type ConnectOptions, connectPacket } from "./connect-options.ts";
import { describePacket } from "./describe-packet.ts";
import { Inbox } from "./inbox.ts";
import type { Pace } from "./pace.ts";
import {
  makePacket,
  type PacketFields,
  type PacketName,
  type PacketsByName,
  type ReceivedPacket,
  toReceivedMessage,
} from "./packets.ts";
import { Referee } from "./referee.ts";
import * as requests from "./requests.ts";

/** How a client without CONNECT behaves. */
export interface OpenOptions {
  /** The version in which packets are read and written until a CONNECT says another. Default: 5. */
  readonly version?: ProtocolVersion;
  /** Answers QoS 1 and 2 messages by itself. Default: true. */
  readonly autoAck?: boolean;
  /** Keeps its own direction open when the broker ended the other one. Default: false. */
  readonly allowHalfOpen?: boolean;
}

/** One connection to a broker. Every expectation fails with an AssertionError that says what came instead. */
export class TestClient {
  /** Answers QoS 1 and 2 messages by itself; handled PUBRELs are then no packet to expect. */
  autoAck: boolean;
  /** All packets so far, in order, read or not. */
  readonly received: ReceivedPacket[] = [];
  /** The CONNACK, once it came. */
  connack: ConnackPacket | undefined;
  readonly #transport: Transport;
  readonly #pace: Pace;
  readonly #inbox: Inbox;
  readonly #decoder: Decoder;
  readonly #referee: Referee = new Referee();
  #version: ProtocolVersion;
  #clientId = "";
  #lastPacketId = 0;
  /** Answers to pings that the test did not send. */
  #pongs = 0;
  #nextPing: ClockTimer | undefined;

  constructor(transport: Transport, pace: Pace, options: OpenOptions = {}) {
    this.#version = options.version ?? 5;
    this.autoAck = options.autoAck ?? true;
    this.#transport = transport;
    this.#pace = pace;
    this.#inbox = new Inbox(pace);
    this.#decoder = new Decoder({ from: "server", version: this.#version });
    transport.start({
      onData: (chunk) => this.#read(chunk),
      onDrain: () => pace.moved(),
      onEnd: () => this.#ended(options.allowHalfOpen === true),
      onClose: () => this.#ended(true),
    });
  }

  /** Protocol version of the last CONNECT. */
  get version(): ProtocolVersion {
    return this.#version;
  }

  /** As sent in CONNECT, or as the broker assigned it. */
  get clientId(): string {
    return this.connack?.properties?.assignedClientIdentifier ?? this.#clientId;
  }

  /** Packets that came and were not yet expected. */
  get unread(): readonly ReceivedPacket[] {
    return this.#inbox.unread;
  }

  /** True when the broker ended the connection, or this side did. */
  get ended(): boolean {
    return this.#inbox.ended;
  }

  /** Sends a packet, whole or by its name and the fields that matter. */
  send(packet: Packet): void;
  send<N extends PacketName>(name: N, fields?: PacketFields<N>): void;
  send<N extends PacketName>(what: Packet | N, fields?: PacketFields<N>): void {
    const packet = typeof what === "object" ? what : makePacket(what, fields);
    this.#referee.sent(packet);
    this.#write(encode(packet, this.#version));
  }

  /** Sends bytes as they are; hexadecimal texts may have spaces, as in `"c0 00"`. */
  sendBytes(bytes: Uint8Array | string): void {
    this.#referee.lookAway();
    this.#write(typeof bytes === "string" ? Buffer.from(bytes.replaceAll(/\s/g, ""), "hex") : bytes);
  }

  /** Sends CONNECT and does not wait for the answer; returns what was sent. */
  sendConnect(options: ConnectOptions = {}): ConnectPacket {
    const packet = connectPacket(options);
    this.#version = packet.protocolVersion;
    this.#decoder.version = packet.protocolVersion;
    this.#decoder.maximumPacketSize = packet.properties?.maximumPacketSize ?? this.#decoder.maximumPacketSize;
    this.#clientId = packet.clientId;
    this.autoAck = options.autoAck ?? this.autoAck;
    this.send(packet);
    return packet;
  }

  /** The next packet; fails when another one or the end of the connection comes first, or nothing comes at all. */
  async next<N extends PacketName>(name: N): Promise<PacketsByName[N] & ReceivedPacket> {
    return await this.#inbox.next(name);
  }

  /** The first unread packet of these names that fits, wherever it stands; the others stay unread. */
  async find<N extends PacketName>(
    names: N | readonly N[],
    fits: (packet: PacketsByName[N] & ReceivedPacket) => boolean = () => true,
  ): Promise<PacketsByName[N] & ReceivedPacket> {
    return await this.#inbox.find(typeof names === "string" ? [names] : names, fits);
  }

  /** Takes everything that came and was not yet expected; waits for nothing. */
  takeAll(): ReceivedPacket[] {
    return this.#inbox.takeAll();
  }

  /** Waits until nothing moves any more; fails if a packet came that was not expected, or the connection ended. */
  async nothing(): Promise<void> {
    await this.#inbox.nothing();
  }

  /** Waits for the end of the connection; fails if it stays open, or packets came that were not expected. */
  async closed(): Promise<void> {
    await this.#inbox.closed();
  }

  /** The broker closes: in 5.0 a DISCONNECT with this reason code and the end, in 3.x the end alone. */
  async disconnected(reasonCode: number): Promise<DisconnectPacket | undefined> {
    const packet = this.#version === 5 ? await this.next("disconnect") : undefined;
    if (packet !== undefined && packet.reasonCode !== reasonCode) {
      throw new AssertionError({
        message: `expected disconnect 0x${reasonCode.toString(16)}, but came ${describePacket(packet)}`,
        actual: packet.reasonCode,
        expected: reasonCode,
      });
    }
    await this.closed();
    return packet;
  }

  /** Publishes; for QoS 1 and 2 resolves to the packet that ended the exchange: PUBACK, PUBCOMP or a refusing PUBREC. */
  async publish(
    topic: string,
    payload: string | Uint8Array = "",
    options: requests.PublishOptions = {},
  ): Promise<requests.PublishResult> {
    return await requests.publish(this, topic, payload, options);
  }

  /** Subscribes to one filter or several and resolves to the SUBACK, whatever its reason codes. */
  async subscribe(
    filters: requests.FilterOptions | readonly requests.FilterOptions[],
    properties?: PacketsByName["subscribe"]["properties"],
  ): Promise<PacketsByName["suback"]> {
    return await requests.subscribe(this, filters, properties);
  }

  /** Unsubscribes and resolves to the UNSUBACK. */
  async unsubscribe(...filters: readonly string[]): Promise<PacketsByName["unsuback"]> {
    return await requests.unsubscribe(this, filters);
  }

  /** PINGREQ, and waits for the PINGRESP. */
  async ping(): Promise<void> {
    this.send("pingreq");
    await this.find("pingresp");
  }

  /** From now on pings by itself whenever so many seconds have passed; the answers are no packets to expect. */
  stayAlive(clock: Clock, seconds: number): void {
    this.#nextPing?.cancel();
    this.#nextPing = clock.setTimer(seconds * 1_000, () => {
      if (this.ended) return;
      this.#pongs++;
      this.send("pingreq");
      this.stayAlive(clock, seconds);
    });
  }

  /** DISCONNECT, and waits until the broker has closed; unread packets don't matter any more. */
  async disconnect(fields: PacketFields<"disconnect"> = {}): Promise<void> {
    this.send("disconnect", fields);
    await this.#pace.until(() => this.ended);
    if (!this.ended) throw new AssertionError({ message: "the broker did not close after DISCONNECT" });
  }

  /** The connection breaks, without DISCONNECT; resolves when the broker has seen it. */
  async drop(): Promise<void> {
    this.#transport.destroy();
    await this.#pace.settle();
  }

  /** Finishes sending and leaves the other direction open, as `shutdown(SHUT_WR)` does. */
  end(): void {
    this.#transport.end();
    this.#pace.moved();
  }

  /** Stops reading, as a client does that hangs. */
  freeze(): void {
    this.#transport.pause();
  }

  /** Reads again. */
  thaw(): void {
    this.#transport.resume();
    this.#pace.moved();
  }

  /** A packet identifier that this client has not used for the longest time. */
  nextPacketId(): number {
    this.#lastPacketId = (this.#lastPacketId % 65_535) + 1;
    return this.#lastPacketId;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drop();
  }

  #write(bytes: Uint8Array): void {
    this.#transport.write([bytes]);
    this.#pace.moved();
  }

  #read(chunk: Buffer): void {
    this.#pace.moved();
    try {
      this.#decoder.push(chunk);
      for (let packet = this.#decoder.next(); packet !== null; packet = this.#decoder.next()) this.#take(packet);
    } catch (error) {
      this.#inbox.spoil((error as Error).message);
    }
  }

  #take(decoded: Packet): void {
    const packet = decoded.type === 3 ? toReceivedMessage(decoded) : decoded;
    this.received.push(packet);
    if (packet.type === 2) this.connack = packet;
    const breach = this.#referee.received(packet);
    if (breach !== undefined) this.#inbox.spoil(`${breach}: ${describePacket(packet)}`);
    if (packet.type === 13 && this.#pongs > 0) {
      this.#pongs--;
      return;
    }
    const answer = this.autoAck ? answerTo(packet) : undefined;
    if (answer !== undefined) this.send(answer);
    if (answer === undefined || packet.type !== 6) this.#inbox.add(packet);
  }

  #ended(halfOpen: boolean): void {
    this.#nextPing?.cancel();
    this.#inbox.end();
    this.#pace.moved();
    if (!halfOpen) this.#transport.end();
  }
}
