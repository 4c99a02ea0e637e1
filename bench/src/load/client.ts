/** One MQTT client: connects, subscribes, acknowledges what it gets, and tells its owner of messages and acknowledgements. */

import { encode, PacketType, type ProtocolVersion, type QoS, type SubscribeProperties, writeAck } from "@gmqtt/packets";
import { dial } from "./dial.ts";
import { Outbox } from "./outbox.ts";
import { PacketReader, type PacketSink } from "./packet-reader.ts";
import { now } from "./stamp.ts";
import type { AtTurnEnd, Turn } from "./turn.ts";
import type { Endpoint, Wire } from "./wire.ts";

/** How a client connects. */
export interface ClientOptions {
  readonly endpoint: Endpoint;
  readonly version: ProtocolVersion;
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Seconds that the session outlives the connection; 0: it ends with it. */
  readonly sessionExpiry: number;
}

/** Whom a client tells what came. */
export interface ClientOwner {
  /** A message; its payload is `bytes[start..end)`, valid during the call. `at`: when it came. */
  onMessage(client: Client, bytes: Uint8Array, start: number, end: number, at: number): void;
  /** The broker is done with a publish, or has refused it. */
  onPublished(client: Client, packetId: number, refused: boolean): void;
  /** The socket takes bytes again. */
  onDrain(client: Client): void;
  /** The connection ended before we asked for it. */
  onLost(client: Client): void;
}

/** Beyond this many bytes that the socket has not taken, nothing more is published. */
const FULL = 256 * 1024;

export class Client implements PacketSink, AtTurnEnd {
  readonly index: number;
  listed = false;
  sessionPresent = false;
  readonly outbox: Outbox = new Outbox();
  readonly #owner: ClientOwner;
  readonly #turn: Turn;
  readonly #reader = new PacketReader(this);
  #version: ProtocolVersion = 4;
  #wire: Wire | undefined;
  #ending = false;
  #answered: (error?: Error) => void = () => {};

  constructor(index: number, owner: ClientOwner, turn: Turn) {
    this.index = index;
    this.#owner = owner;
    this.#turn = turn;
  }

  /** Connects; resolves with CONNACK. */
  async connect(options: ClientOptions): Promise<void> {
    const { clientId, endpoint, password, sessionExpiry, username, version } = options;
    this.#version = version;
    this.#ending = false;
    this.#wire = await dial(endpoint, {
      onBytes: (bytes, start, end) => this.#reader.feed(bytes, start, end, now()),
      onDrain: () => this.#owner.onDrain(this),
      onClose: () => this.#closed(),
    });
    const connect = {
      type: PacketType.Connect,
      protocolVersion: version,
      cleanStart: sessionExpiry === 0,
      keepAlive: 300,
      clientId,
      username,
      password: password === undefined ? undefined : Buffer.from(password),
      ...(version === 5 ? { properties: { sessionExpiryInterval: sessionExpiry } } : {}),
    } as const;
    await this.#ask(encode(connect, version));
  }

  /** Subscribes; resolves with SUBACK, rejects when a filter was refused. */
  subscribe(filters: readonly string[], qos: QoS, properties: SubscribeProperties = {}): Promise<void> {
    const options = { qos, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    const subscriptions = filters.map((filter) => ({ filter, ...options }));
    const packet = { type: PacketType.Subscribe, packetId: 1, subscriptions } as const;
    return this.#ask(encode(this.#version === 5 ? { ...packet, properties } : packet, this.#version));
  }

  /** Sends DISCONNECT and closes. */
  end(): void {
    this.#ending = true;
    this.send(encode({ type: PacketType.Disconnect, reasonCode: 0 }, this.#version));
    this.atTurnEnd();
    this.#wire?.end();
  }

  /** Whether so much waits to be sent that a publisher had better wait. */
  get full(): boolean {
    return this.outbox.length + (this.#wire?.backlog ?? 0) > FULL;
  }

  send(bytes: Uint8Array): void {
    const at = this.append(bytes.length);
    this.outbox.bytes.set(bytes, at);
  }

  /** Room for bytes that go out at the end of the turn: answers where in the outbox. */
  append(count: number): number {
    this.#turn.write(this);
    return this.outbox.append(count);
  }

  atTurnEnd(): void {
    if (this.#wire !== undefined) this.outbox.flush(this.#wire);
  }

  onPacket(first: number, bytes: Uint8Array, start: number, end: number, at: number): void {
    const type = first >> 4;
    if (type === PacketType.Publish) {
      this.#publish(first, bytes, start, end, at);
      return;
    }
    const packetId = (bytes[start]! << 8) | bytes[start + 1]!;
    const refused = end - start > 2 && bytes[start + 2]! >= 0x80;
    if (type === PacketType.Puback || type === PacketType.Pubcomp || (type === PacketType.Pubrec && refused)) {
      this.#owner.onPublished(this, packetId, refused);
    } else if (type === PacketType.Pubrec) this.#acknowledge(PacketType.Pubrel, packetId);
    else if (type === PacketType.Pubrel) this.#acknowledge(PacketType.Pubcomp, packetId);
    else if (type === PacketType.Connack) this.#connack(bytes[start]!, bytes[start + 1]!);
    else if (type === PacketType.Suback) this.#suback(bytes, start + 2, end);
  }

  #publish(first: number, bytes: Uint8Array, start: number, end: number, at: number): void {
    let from = start + 2 + ((bytes[start]! << 8) | bytes[start + 1]!);
    const qos = (first >> 1) & 3;
    if (qos > 0) {
      this.#acknowledge(qos === 1 ? PacketType.Puback : PacketType.Pubrec, (bytes[from]! << 8) | bytes[from + 1]!);
      from += 2;
    }
    if (this.#version === 5) from = behindProperties(bytes, from);
    this.#owner.onMessage(this, bytes, from, end, at);
  }

  #acknowledge(type: 4 | 5 | 6 | 7, packetId: number): void {
    const at = this.append(4);
    writeAck(this.outbox.bytes, at, type, packetId);
  }

  #connack(flags: number, code: number): void {
    this.sessionPresent = (flags & 1) === 1;
    this.#answered(code === 0 ? undefined : new Error(`the broker refused a connection with code ${code}`));
  }

  #suback(bytes: Uint8Array, start: number, end: number): void {
    const from = this.#version === 5 ? behindProperties(bytes, start) : start;
    const refused = bytes.subarray(from, end).find((code) => code >= 0x80);
    this.#answered(refused === undefined ? undefined : new Error(`the broker refused a filter with code ${refused}`));
  }

  #closed(): void {
    this.#answered(new Error("the broker closed a connection instead of answering"));
    this.#wire = undefined;
    if (!this.#ending) this.#owner.onLost(this);
  }

  /** Sends a request at once and waits for its answer; one at a time. */
  #ask(request: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#answered = (error) => (error === undefined ? resolve() : reject(error));
      this.send(request);
    });
  }
}

/** Where the properties that begin at `start` end. */
function behindProperties(bytes: Uint8Array, start: number): number {
  let length = 0;
  let at = start;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    length += (byte & 127) << shift;
    if (byte < 128) return at + length;
  }
}
