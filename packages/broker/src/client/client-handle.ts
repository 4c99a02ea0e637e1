/** A client as it is handed to hooks and plugins. */

import { type ProtocolVersion, ReasonCode } from "@gmqtt/packets";
import type { TransportInfo } from "../listeners/transport.ts";
import type { ClientStats } from "../stats/stats.ts";
import { disconnectCode } from "./answers.ts";
import type { Client } from "./client.ts";
import type { ClientOptions, Client as ClientView, SessionInfo } from "./client-view.ts";

export class ClientHandle implements ClientView {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  get options(): ClientOptions {
    return this.#client.options;
  }

  get protocolVersion(): ProtocolVersion {
    return this.#client.version;
  }

  get connection(): TransportInfo {
    return this.#client.connection.transport.info;
  }

  get connectedAt(): number {
    return this.#client.connectedAt;
  }

  get session(): SessionInfo | undefined {
    return this.#client.session?.toInfo();
  }

  get stats(): ClientStats {
    return this.#client.connection.counters;
  }

  close(): void {
    this.#client.terminate(undefined, new Error("closed by a plugin"));
  }

  disconnect(packet: Parameters<ClientView["disconnect"]>[0] = {}): void {
    const reasonCode = disconnectCode(packet.reasonCode ?? ReasonCode.AdministrativeAction);
    const properties = packet.properties === undefined ? {} : { properties: packet.properties };
    const reason = packet.properties?.reasonString;
    const error = new Error(`disconnected by a plugin${reason === undefined ? "" : `: ${reason}`}`);
    this.#client.terminate({ type: 14, reasonCode, ...properties }, error);
  }
}
