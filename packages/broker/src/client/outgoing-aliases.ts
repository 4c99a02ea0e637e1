/** Topic aliases that the broker sets towards one client, first in first out (MQTT 5.0 section 3.3.2.3.4). */

/** An alias for a topic, and whether the client knows it already. */
export interface OutgoingAlias {
  readonly alias: number;
  readonly known: boolean;
}

export class OutgoingAliases {
  readonly #maximum: number;
  readonly #aliases: Map<string, number> = new Map();

  /** `maximum` is the client's Topic Alias Maximum, above 0 [MQTT-3.1.2-26]. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The alias for a topic about to be sent; a new one replaces the oldest when all are taken. */
  use(topic: string): OutgoingAlias {
    const present = this.#aliases.get(topic);
    if (present !== undefined) return { alias: present, known: true };
    let alias = this.#aliases.size + 1;
    if (alias > this.#maximum) {
      const [oldest, freed] = this.#aliases.entries().next().value as [string, number];
      this.#aliases.delete(oldest);
      alias = freed;
    }
    this.#aliases.set(topic, alias);
    return { alias, known: false };
  }
}
