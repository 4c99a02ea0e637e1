/** Who is connected, by listener and protocol version: counted as clients come and go, so that a scrape need not walk over them. */

import type { Client, HookWrapper, ListenerConfig, ProtocolVersion } from "@gmqtt/broker";
import type { Labels } from "./metric-book.ts";

/** How the standards call their versions. */
const VERSION_NAMES: Readonly<Record<ProtocolVersion, string>> = { 3: "3.1", 4: "3.1.1", 5: "5.0" };

/** Connections of no listener of the configuration: handed in by the embedding program, whatever it called them. */
const ELSEWHERE = "other";

/** Clients of one listener. */
type ByVersion = Record<ProtocolVersion, number>;

export class ConnectionCounts {
  readonly #listeners: Map<string, ByVersion> = new Map();
  readonly hooks: HookWrapper = {
    onConnected: (next) => (client) => {
      this.#countsOf(client)[client.protocolVersion]++;
      return next(client);
    },
    onClosed: (next) => (client, error) => {
      // Of a client that was never connected nobody has counted anything.
      if (client.connectedAt > 0) this.#countsOf(client)[client.protocolVersion]--;
      return next(client, error);
    },
  };

  /** Listeners that have labels of their own; each is at zero until somebody comes, so that this is seen as a change. */
  know(listeners: readonly ListenerConfig[]): void {
    for (const { address, name = address } of listeners) this.#of(name);
  }

  *samples(): Iterable<readonly [Labels, number]> {
    for (const [listener, counts] of this.#listeners) {
      for (const version of [3, 4, 5] as const) yield [{ listener, version: VERSION_NAMES[version] }, counts[version]];
    }
  }

  #countsOf(client: Client): ByVersion {
    return this.#listeners.get(client.connection.listener) ?? this.#of(ELSEWHERE);
  }

  #of(listener: string): ByVersion {
    const known = this.#listeners.get(listener);
    if (known !== undefined) return known;
    const counts = { 3: 0, 4: 0, 5: 0 };
    this.#listeners.set(listener, counts);
    return counts;
  }
}
