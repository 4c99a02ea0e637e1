/** Whether a new connection is let in at all: limits on how many and how fast, then `onAccept`. */

import { isPromise } from "../awaitable.ts";
import type { BrokerConfig } from "../config/index.ts";
import type { Hooks } from "../hooks/hooks.ts";
import type { Transport } from "../listeners/transport.ts";
import type { PopulationCounters } from "../stats/stats.ts";

/** What the door needs of the broker. */
export interface AdmissionOptions {
  readonly config: () => BrokerConfig;
  readonly monotonic: () => number;
  readonly population: PopulationCounters;
  readonly onAccept: () => Hooks["onAccept"] | undefined;
  /** Let in: serve it. */
  readonly admit: (transport: Transport) => void;
}

/** Connections counted in the running second. */
class RateWindow {
  #second = -1;
  #counts: Map<string, number> = new Map();
  #total = 0;

  /** Counts one; answers how many there were in all and from this address. */
  count(address: string, monotonic: number): { readonly total: number; readonly fromAddress: number } {
    const second = Math.floor(monotonic / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#counts = new Map();
      this.#total = 0;
    }
    const fromAddress = (this.#counts.get(address) ?? 0) + 1;
    this.#counts.set(address, fromAddress);
    return { total: ++this.#total, fromAddress };
  }
}

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #byAddress: Map<string, number> = new Map();
  readonly #rates: RateWindow = new RateWindow();
  #open = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** Counts a connection from an address; false, and a limit that was hit, when there is no room for it. */
  count(address: string): boolean {
    const limit = this.#limitFor(address);
    if (limit === undefined) this.#change(address, 1);
    else this.#options.population.limitHit(limit);
    return limit === undefined;
  }

  /** A connection from an address is gone. */
  discount(address: string): void {
    this.#change(address, -1);
  }

  /** Serves the transport, or closes it before a byte is read. `counted`: its address has been already. */
  enter(transport: Transport, counted = false): void {
    const { admit, onAccept, population } = this.#options;
    if (!counted && !this.count(transport.info.remoteAddress)) {
      transport.destroy();
      return;
    }
    population.connectionsAccepted++;
    const answered = (accepted: boolean): void => {
      if (accepted) admit(transport);
      else this.#refuse(transport);
    };
    try {
      const answer = onAccept()?.(transport.info) ?? true;
      if (isPromise(answer)) answer.then(answered, () => this.#refuse(transport));
      else answered(answer);
    } catch {
      this.#refuse(transport); // the chain has logged why
    }
  }

  /** A transport that was admitted is gone. */
  left(transport: Transport): void {
    this.discount(transport.info.remoteAddress);
  }

  #refuse(transport: Transport): void {
    this.left(transport);
    transport.destroy();
  }

  #limitFor(address: string): string | undefined {
    const { limits } = this.#options.config();
    if (this.#open >= limits.maxConnections) return "limits.max_connections";
    // Unix sockets and streams have no address: they are one neighbour's, not one attacker's.
    if (address !== "" && (this.#byAddress.get(address) ?? 0) >= limits.maxConnectionsPerAddress) {
      return "limits.max_connections_per_address";
    }
    const { fromAddress, total } = this.#rates.count(address, this.#options.monotonic());
    if (total > limits.connectRate) return "limits.connect_rate";
    if (address !== "" && fromAddress > limits.connectRatePerAddress) return "limits.connect_rate_per_address";
    return undefined;
  }

  #change(address: string, change: 1 | -1): void {
    this.#open += change;
    this.#options.population.connectionsOpen = this.#open;
    const count = (this.#byAddress.get(address) ?? 0) + change;
    if (count === 0) this.#byAddress.delete(address);
    else this.#byAddress.set(address, count);
  }
}
