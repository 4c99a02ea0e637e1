/** Leaves with and without a goodbye, and knows whether its will has to go out. */

import type { ConnectPacket, Packet } from "@gmqtt/packets";
import type { Disturbances } from "../checker/disturbances.ts";
import { Peer, type PeerOptions } from "./peer.ts";

/** How long it stays: milliseconds. */
const SHORTEST_STAY = 300;
const LONGEST_STAY = 4000;

export class WillClient extends Peer {
  readonly topic: string;
  readonly #disturbances: Disturbances;
  #number = 0;
  /** The connection was accepted, and not left by a goodbye. */
  #owed = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #due: Set<number> = new Set();
  /** Left with a goodbye, by the number of the will, and when. */
  readonly #forbidden: Map<number, number> = new Map();
  readonly #arrived: Set<number> = new Set();

  constructor(options: PeerOptions, disturbances: Disturbances) {
    super(options);
    this.topic = `w/${options.clientId}`;
    this.#disturbances = disturbances;
  }

  /** A will of this client was received. */
  arrived(number: number): void {
    this.#arrived.add(number);
  }

  get complete(): boolean {
    for (const number of this.#due) if (!this.#arrived.has(number)) return false;
    return true;
  }

  /** To be asked when everything has arrived that is going to. */
  finish(): void {
    const { clientId, judge } = this.options;
    for (const number of this.#due) {
      if (!this.#arrived.has(number)) judge.violation(`will ${number} of ${clientId} was not published`);
    }
    for (const [number, time] of this.#forbidden) {
      if (this.#arrived.has(number) && !this.#disturbances.around(time)) {
        judge.violation(`will ${number} of ${clientId} was published though it had said goodbye`);
      }
    }
    judge.wills += this.#due.size;
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
      this.#forbidden.set(this.#number, Date.now());
      this.leave();
    }, stay);
  }

  protected override onDisconnected(): void {
    clearTimeout(this.#timer);
    if (this.#owed) this.#due.add(this.#number);
    this.#owed = false;
  }

  protected override onPacket(_packet: Packet): void {}

  /** At the end it says goodbye; whether that is heard does not matter any more. */
  override stop(): void {
    clearTimeout(this.#timer);
    this.#owed = false;
    super.stop();
  }
}
