/** The plugin: registers our services, serves them and everybody else's, and keeps out who is banned. */

import type { HookWrapper, Plugin, PluginContext, Server } from "@gmqtt/broker";
import { Access } from "./access/access.ts";
import { Calls } from "./api/calls.ts";
import { ApiRegistry } from "./api/registry.ts";
import { type AdminConfig, configSchema } from "./config.ts";
import { type Endpoint, readEndpoints } from "./endpoints/endpoint.ts";
import { serveGrpc } from "./grpc/server.ts";
import { type RunningServer, serveRest } from "./rest/server.ts";
import { clientService } from "./services/client.ts";
import { publishService } from "./services/publish.ts";
import { subscriptionService } from "./services/subscription.ts";

/** An address that the API is served at. */
export interface ServedEndpoint {
  readonly kind: Endpoint["kind"];
  /** As in the configuration, with the port that the system chose for port 0. */
  readonly address: string;
}

export class AdminPlugin implements Plugin {
  readonly name: string = "admin";
  readonly #context: PluginContext;
  #config: AdminConfig;
  #access: Access;
  #stopping: AbortController = new AbortController();
  #servers: { readonly endpoint: ServedEndpoint; readonly server: RunningServer }[] = [];

  constructor(config: AdminConfig, context: PluginContext) {
    this.#config = config;
    this.#access = new Access(config);
    this.#context = context;
  }

  /** Where the API is served. */
  get endpoints(): readonly ServedEndpoint[] {
    return this.#servers.map(({ endpoint }) => endpoint);
  }

  hookWrapper(): HookWrapper {
    return {};
  }

  async load(server: Server): Promise<void> {
    const { baseDirectory } = this.#context;
    const endpoints = await readEndpoints(server.config.api, this.#access.hasTokens, baseDirectory);
    this.#stopping = new AbortController();
    const { logger } = server;
    const registry = new ApiRegistry(logger);
    for (const service of this.#services(server)) server.apiRegistrar.registerService(service);
    server.apiRegistrar.attachHost(registry);
    const limits = (): AdminConfig["limits"] => this.#config.limits;
    const calls = new Calls({ access: () => this.#access, limits, clock: server.clock, logger });
    const shared = { registry, calls, signal: this.#stopping.signal };
    try {
      for (const endpoint of endpoints) {
        const running =
          endpoint.kind === "grpc"
            ? await serveGrpc(endpoint, {
                ...shared,
                limits: limits(),
                reflection: this.#config.reflection,
                isReady: () => server.readiness.ready,
              })
            : await serveRest(endpoint, { ...shared, limits, pages: () => undefined }, () => this.#isOpenTo(endpoint));
        this.#servers.push({ endpoint: { kind: endpoint.kind, address: running.address }, server: running });
        logger.info({ kind: endpoint.kind, address: running.address }, "api is served");
      }
    } catch (error) {
      await this.unload();
      throw error;
    }
  }

  async unload(): Promise<void> {
    this.#stopping.abort();
    const servers = this.#servers;
    this.#servers = [];
    await Promise.all(servers.map(({ server }) => server.close()));
  }

  /** Tokens, roles and limits change at once; addresses need a restart. */
  applyConfig(section: unknown): void {
    const config = configSchema.parse(section);
    this.#config = config;
    this.#access = new Access(config);
  }

  #services(server: Server): ReturnType<typeof clientService>[] {
    const maxPageSize = (): number => this.#config.limits.max_page_size;
    return [clientService(server), subscriptionService(server, maxPageSize), publishService(server)];
  }

  #isOpenTo({ tls }: Endpoint): boolean {
    return !this.#access.hasTokens && tls?.verify !== true;
  }
}
