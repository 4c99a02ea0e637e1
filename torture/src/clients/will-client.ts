/** Leaves with and without a goodbye, and knows whether its will has to go out. */

import type { ConnectPacket, Packet } from "@gmqtt/packets";
import { WillLedger } from "../checker/will-ledger.ts";
import { Peer, type PeerOptions } from "./peer.ts";

/** How long it stays: milliseconds. */
const SHORTEST_STAY = 300;
const LONGEST_STAY = 4000;
/** A goodbye has no answer: it was heard if nothing was disturbed so long before it and after the end. Milliseconds. */
const BEFORE_GOODBYE = 2000;
const AFTER_GOODBYE = 1000;

export class WillClient extends Peer {
  readonly topic: string;
  readonly wills: WillLedger;
  #number = 0;
  /** The connection was accepted, and not left by a goodbye. */
  #owed = false;
  #goodbye: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PeerOptions) {
    super({ ...options, persistent: false });
    this.topic = `w/${options.clientId}`;
    this.wills = new WillLedger(options.clientId, options.judge);
  }

  protected override connectFields(): Partial<ConnectPacket> {
    this.#number++;
    const payload = Buffer.from(`${this.options.clientId} ${this.#number}`);
    return { will: { topic: this.topic, payload, qos: 1, retain: false } };
  }

  protected override onConnected(): void {
    this.#owed = true;
    const stay = this.options.random.between(SHORTEST_STAY, LONGEST_STAY);
    this.#timer = setTimeout(() => {
      if (this.options.random.below(3) > 0) {
        this.drop();
        return;
      }
      this.#owed = false;
      this.#goodbye = Date.now();
      this.leave();
    }, stay);
  }

  protected override onDisconnected(): void {
    clearTimeout(this.#timer);
    if (this.#owed) this.wills.owe(this.#number);
    else if (this.#goodbye !== undefined) {
      const span = { from: this.#goodbye - BEFORE_GOODBYE, to: Date.now() + AFTER_GOODBYE };
      this.wills.forbid(this.#number, span);
    }
    this.#owed = false;
    this.#goodbye = undefined;
  }

  protected override onPacket(_packet: Packet): void {}

  /** At the end it says goodbye; whether that is heard does not matter any more. */
  override stop(): void {
    clearTimeout(this.#timer);
    this.#owed = false;
    super.stop();
  }
}
