/** The connected clients by client identifier; there is never more than one of each. */

import { TurnoverMap } from "../turnover.ts";
import type { Client } from "./client.ts";

export class ClientRegistry {
  readonly #clients: TurnoverMap<string, Client> = new TurnoverMap();

  get size(): number {
    return this.#clients.size;
  }

  get(clientId: string): Client | undefined {
    return this.#clients.get(clientId);
  }

  add(client: Client): void {
    this.#clients.set(client.options.clientId, client);
  }

  /** Only if it is this client that stands there; another may have taken over. */
  remove(client: Client): void {
    if (this.#clients.get(client.options.clientId) === client) this.#clients.delete(client.options.clientId);
  }

  values(): IterableIterator<Client> {
    return this.#clients.values();
  }
}
