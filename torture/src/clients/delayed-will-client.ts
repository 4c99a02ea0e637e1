/** Has a will that waits (MQTT 5.0 section 3.1.3.2.2): comes back in time, or stays away until the will went out. */

import type { ConnectPacket, Packet } from "@gmqtt/packets";
import { WillLedger } from "../checker/will-ledger.ts";
import { Peer, type PeerOptions } from "./peer.ts";

/** Will Delay Interval: seconds. */
const DELAY = 2;
/** Who is back with so many milliseconds left was in time, however late the loss of the connection was noticed. */
const SLACK = 500;
const SHORTEST_STAY = 300;
const LONGEST_STAY = 3000;
/** A will that has not gone out so long after its client left, whatever was killed meanwhile, never does. Milliseconds. */
const LONGEST_WAIT = 60_000;

export class DelayedWillClient extends Peer {
  readonly topic: string;
  readonly wills: WillLedger;
  #number = 0;
  /** The will of the last connection, and when that was lost. */
  #left: { readonly number: number; readonly time: number } | undefined;
  #awaited: number | undefined;
  #stay: NodeJS.Timeout | undefined;
  #wait: NodeJS.Timeout | undefined;
  #finishing = false;

  constructor(options: PeerOptions) {
    super({ ...options, version: 5, persistent: true });
    this.topic = `w/${options.clientId}`;
    this.wills = new WillLedger(options.clientId, options.judge);
  }

  /** A will of this client was received. */
  arrived(number: number): void {
    this.wills.take(number);
    if (number === this.#awaited) this.#return();
  }

  /** From here on it does not go away any more. */
  finish(): void {
    this.#finishing = true;
  }

  protected override connectFields(): Partial<ConnectPacket> {
    this.#number++;
    const payload = Buffer.from(`${this.options.clientId} ${this.#number}`);
    const properties = { willDelayInterval: DELAY };
    return { will: { topic: this.topic, payload, qos: 1, retain: false, properties } };
  }

  protected override onConnected(): void {
    if (this.#left !== undefined && Date.now() - this.#left.time < DELAY * 1000 - SLACK) {
      this.wills.forbid(this.#left.number);
    }
    const stay = this.options.random.between(SHORTEST_STAY, LONGEST_STAY);
    this.#stay = setTimeout(() => this.#leave(), stay);
  }

  protected override onDisconnected(): void {
    clearTimeout(this.#stay);
    this.#left = { number: this.#number, time: Date.now() };
  }

  protected override onPacket(_packet: Packet): void {}

  override stop(): void {
    clearTimeout(this.#stay);
    clearTimeout(this.#wait);
    super.stop();
  }

  #leave(): void {
    if (this.#finishing || !this.connected) return;
    if (this.options.random.below(2) === 0) {
      this.drop();
      return;
    }
    this.#awaited = this.#number;
    this.wills.owe(this.#number);
    this.#wait = setTimeout(() => this.#return(), LONGEST_WAIT);
    this.stayAway(Number.POSITIVE_INFINITY);
  }

  /** The will went out, or took so long that the end will say so. */
  #return(): void {
    clearTimeout(this.#wait);
    this.#awaited = undefined;
    this.comeBack();
  }
}
