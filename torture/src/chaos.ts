/** What goes wrong, and when: by seed, so that a run can be tried again. */

import { setTimeout as delay } from "node:timers/promises";
import type { Disturbances } from "./checker/disturbances.ts";
import type { Peer } from "./clients/peer.ts";
import type { BrokerHost } from "./processes/gmqttd.ts";
import type { StoreHost } from "./processes/stores.ts";
import type { Random } from "./random.ts";

/** Who suffers. */
export interface Victims {
  readonly broker: BrokerHost;
  readonly store: StoreHost;
  readonly clients: readonly Peer[];
}

type Ordeal = (victims: Victims, random: Random) => Promise<void>;

/** By name, each with how often it comes. */
const ORDEALS: Readonly<Record<string, readonly [weight: number, ordeal: Ordeal]>> = {
  "broker killed": [48, ({ broker }, random) => broker.process.kill(random.below(500))],
  "store killed": [13, ({ store }, random) => store.process.kill(random.below(1500))],
  "both killed": [
    3,
    async ({ broker, store }, random) => {
      await Promise.all([broker.process.kill(random.below(1000)), store.process.kill(random.below(1000))]);
    },
  ],
  "broker stopped": [6, ({ broker }, random) => broker.process.freeze(random.between(100, 4000))],
  "store stopped": [6, ({ store }, random) => store.process.freeze(random.between(100, 4000))],
  "wire cut": [8, async ({ store }) => store.wire.cut()],
  "wire cut for a while": [
    4,
    async ({ store }, random) => {
      store.wire.open = false;
      await delay(random.between(100, 3000));
      store.wire.open = true;
    },
  ],
  "wire cut for long": [
    2,
    async ({ store }, random) => {
      store.wire.open = false;
      await delay(random.between(6000, 9000)); // the store counts as unavailable before that is over
      store.wire.open = true;
    },
  ],
  "clients away": [
    5,
    async ({ clients }, random) => {
      for (const client of clients) if (random.below(3) === 0) client.stayAway(random.between(1000, 8000));
    },
  ],
  "clients dropped": [
    10,
    async ({ clients }, random) => {
      for (const client of clients) if (random.below(3) === 0) client.drop();
    },
  ],
  "sessions taken over": [
    10,
    async ({ clients }, random) => {
      for (const client of clients) if (random.below(3) === 0) client.takeOver();
    },
  ],
};

/** Milliseconds between two ordeals. */
const SHORTEST_PEACE = 300;
const LONGEST_PEACE = 5000;

export class Chaos {
  readonly counts: Map<string, number> = new Map(Object.keys(ORDEALS).map((name) => [name, 0]));
  readonly #victims: Victims;
  readonly #random: Random;
  readonly #disturbances: Disturbances;
  #over = false;

  constructor(victims: Victims, random: Random, disturbances: Disturbances) {
    this.#victims = victims;
    this.#random = random;
    this.#disturbances = disturbances;
  }

  /** Goes on until `end`. Resolves when everything that was hurt is up again. */
  async run(): Promise<void> {
    const underWay: Promise<void>[] = [];
    while (!this.#over) {
      await delay(this.#random.between(SHORTEST_PEACE, LONGEST_PEACE));
      if (this.#over) break;
      const name = this.#choose();
      this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
      underWay.push(this.#torment(ORDEALS[name] as readonly [number, Ordeal]));
    }
    await Promise.all(underWay);
  }

  /** It is over when broker and store serve again. */
  async #torment([, ordeal]: readonly [number, Ordeal]): Promise<void> {
    const over = this.#disturbances.begin();
    const { broker, store } = this.#victims;
    await ordeal(this.#victims, this.#random);
    await Promise.all([broker.process.serving(), store.process.serving()]);
    over();
  }

  end(): void {
    this.#over = true;
  }

  #choose(): string {
    const entries = Object.entries(ORDEALS);
    let left = this.#random.below(entries.reduce((sum, [, [weight]]) => sum + weight, 0));
    for (const [name, [weight]] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    throw new Error("the weights do not add up");
  }
}
