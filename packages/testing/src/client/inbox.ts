/** What a client has received and its test has not looked at yet, and the failures that say so. */

import { AssertionError } from "node:assert";
import { describePacket, describePackets } from "./describe-packet.ts";
import type { Pace } from "./pace.ts";
import { isPacket, type PacketName, type PacketsByName, type ReceivedPacket } from "./packets.ts";

/** Unread packets in the order of their arrival, and how the stream ended. */
export class Inbox {
  readonly #unread: ReceivedPacket[] = [];
  readonly #pace: Pace;
  #ended = false;
  #breach: string | undefined;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  get ended(): boolean {
    return this.#ended;
  }

  get unread(): readonly ReceivedPacket[] {
    return this.#unread;
  }

  add(packet: ReceivedPacket): void {
    this.#unread.push(packet);
  }

  /** No more packets come. */
  end(): void {
    this.#ended = true;
  }

  /** The broker broke the protocol: every expectation from now on fails with this. */
  spoil(breach: string): void {
    this.#breach ??= breach;
    this.#ended = true;
  }

  /** The next packet, which has to have this name. */
  async next<N extends PacketName>(name: N): Promise<PacketsByName[N] & ReceivedPacket> {
    await this.#pace.until(() => this.#unread.length > 0 || this.#ended);
    this.#assertFair();
    const packet = this.#unread[0];
    if (packet === undefined) throw failure(`expected ${name}, but ${this.#silence()}`);
    if (!isPacket(packet, name)) throw failure(`expected ${name}, but first came ${describePackets(this.#unread)}`);
    this.#unread.shift();
    return packet;
  }

  /** The first unread packet that fits, wherever it stands; the others stay. */
  async find<N extends PacketName>(
    names: readonly N[],
    fits: (packet: PacketsByName[N] & ReceivedPacket) => boolean,
  ): Promise<PacketsByName[N] & ReceivedPacket> {
    const matches = (packet: ReceivedPacket): packet is PacketsByName[N] & ReceivedPacket =>
      names.some((name) => isPacket(packet, name) && fits(packet));
    await this.#pace.until(() => this.#unread.some(matches) || this.#ended);
    this.#assertFair();
    const packet = this.#unread.find(matches);
    if (packet === undefined) {
      throw failure(`expected ${names.join(" or ")}, but ${this.#silence()}; unread: ${describePackets(this.#unread)}`);
    }
    this.#unread.splice(this.#unread.indexOf(packet), 1);
    return packet;
  }

  /** Everything unread, which thereby is read. */
  takeAll(): ReceivedPacket[] {
    this.#assertFair();
    return this.#unread.splice(0);
  }

  /** Waits until whatever could come has come, and fails if anything is unread or the connection ended. */
  async nothing(): Promise<void> {
    await this.#pace.settle();
    this.#assertFair();
    if (this.#unread.length > 0) throw failure(`expected nothing, but came ${describePackets(this.#unread)}`);
    if (this.#ended) throw failure("expected nothing, but the broker closed the connection");
  }

  /** Waits for the end of the stream, and fails if unread packets stand before it. */
  async closed(): Promise<void> {
    await this.#pace.until(() => this.#ended);
    this.#assertFair();
    const [first] = this.#unread;
    if (first !== undefined) throw failure(`expected the end, but first came ${describePacket(first)}`);
    if (!this.#ended) throw failure("expected the end, but the connection is open");
  }

  #silence(): string {
    return this.#ended ? "the broker closed the connection" : "nothing more came";
  }

  #assertFair(): void {
    if (this.#breach !== undefined) throw failure(`the broker broke the protocol: ${this.#breach}`);
  }
}

function failure(message: string): AssertionError {
  return new AssertionError({ message });
}
