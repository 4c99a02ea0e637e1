/** The plugin: registers our services, serves them and everybody else's, and keeps out who is banned. */

import { resolve } from "node:path";
import {
  type ApiService,
  type ExplainAnswer,
  type ExplainQuestion,
  type HookWrapper,
  type Plugin,
  ReasonCode,
  type Server,
} from "@gmqtt/broker";
import { Access } from "./access/access.ts";
import { Calls } from "./api/calls.ts";
import { ApiRegistry } from "./api/registry.ts";
import { readBans, writeBans } from "./bans/ban-file.ts";
import { banHooks } from "./bans/ban-hooks.ts";
import { BanList } from "./bans/ban-list.ts";
import { type AdminConfig, readSection } from "./config.ts";
import { assertClosed, type Endpoint, readEndpoints } from "./endpoints/endpoint.ts";
import { serveGrpc } from "./grpc/server.ts";
import { openApiDocument } from "./openapi/document.ts";
import { createPages } from "./openapi/pages.ts";
import { type RunningServer, serveRest } from "./rest/server.ts";
import { banService } from "./services/ban.ts";
import { clientService } from "./services/client.ts";
import { explainService } from "./services/explain.ts";
import { publishService } from "./services/publish.ts";
import { retainedService } from "./services/retained.ts";
import { serverService } from "./services/server.ts";
import { sessionService } from "./services/session.ts";
import { subscriptionService } from "./services/subscription.ts";
import { topicService } from "./services/topic.ts";
import { traceService } from "./services/trace.ts";

/** An address that the API is served at. */
export interface ServedEndpoint {
  readonly kind: Endpoint["kind"];
  /** As in the configuration, with the port that the system chose for port 0. */
  readonly address: string;
}

export class AdminPlugin implements Plugin {
  readonly name: string = "admin";
  readonly #baseDirectory: string;
  #config: AdminConfig;
  #access: Access;
  #bans: BanList | undefined;
  #bansFile: string | undefined;
  #saving: Promise<void> = Promise.resolve();
  #stopping: AbortController = new AbortController();
  #endpoints: readonly Endpoint[] = [];
  #servers: { readonly endpoint: ServedEndpoint; readonly server: RunningServer }[] = [];

  constructor(config: AdminConfig, baseDirectory: string) {
    this.#config = config;
    this.#access = new Access(config);
    this.#baseDirectory = baseDirectory;
  }

  /** Where the API is served. */
  get endpoints(): readonly ServedEndpoint[] {
    return this.#servers.map(({ endpoint }) => endpoint);
  }

  hookWrapper(): HookWrapper {
    return banHooks(() => this.#bans);
  }

  explain({ action, clientId, remoteAddress, username }: ExplainQuestion): ExplainAnswer | undefined {
    if (action !== "connect") return undefined;
    const ban = this.#bans?.find({ clientId, username, address: remoteAddress });
    if (ban === undefined) return { decision: "allow", rule: "no ban" };
    const reason = ban.reason === "" ? "" : `: ${ban.reason}`;
    const rule = `${ban.kind} ${ban.value} is banned by ${ban.createdBy}${reason}`;
    return { decision: "deny", rule, reasonCode: ReasonCode.Banned };
  }

  async load(server: Server): Promise<void> {
    this.#endpoints = await readEndpoints(server.config.api, this.#baseDirectory);
    for (const endpoint of this.#endpoints) assertClosed(endpoint, this.#access.hasTokens);
    this.#stopping = new AbortController();
    const { signal } = this.#stopping;
    const { logger } = server;
    const registry = new ApiRegistry(logger);
    const bans = await this.#loadBans(server);
    for (const service of this.#services(server, bans)) server.apiRegistrar.registerService(service);
    server.apiRegistrar.attachHost(registry);
    const limits = (): AdminConfig["limits"] => this.#config.limits;
    const calls = new Calls({ access: () => this.#access, limits, clock: server.clock, logger, stopping: signal });
    const document = createPages(
      () => openApiDocument(registry, server.version, this.#access.hasTokens),
      () => `${registry.revision} ${this.#access.hasTokens}`,
    );
    const pages = (path: string): Response | undefined => (this.#config.docs ? document(path) : undefined);
    const shared = { registry, calls };
    try {
      for (const endpoint of this.#endpoints) {
        const running =
          endpoint.kind === "grpc"
            ? await serveGrpc(endpoint, {
                ...shared,
                limits: limits(),
                reflection: this.#config.reflection,
                isReady: () => server.readiness.ready,
                signal,
              })
            : await serveRest(endpoint, { ...shared, limits, pages }, () => this.#isOpenTo(endpoint));
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

  /** Tokens, roles and limits change at once; addresses need a restart. Throws when it would leave an address open. */
  applyConfig(section: unknown): void {
    const config = readSection(section);
    const access = new Access(config);
    for (const endpoint of this.#endpoints) assertClosed(endpoint, access.hasTokens);
    this.#config = config;
    this.#access = access;
  }

  #services(server: Server, bans: BanList): ApiService[] {
    const maxPageSize = (): number => this.#config.limits.max_page_size;
    return [
      clientService(server),
      subscriptionService(server, maxPageSize),
      publishService(server),
      sessionService(server, maxPageSize),
      retainedService(server),
      banService(server, bans, () => this.#saveBans()),
      topicService(server),
      traceService(server),
      explainService(server, maxPageSize),
      serverService(server),
    ];
  }

  async #loadBans(server: Server): Promise<BanList> {
    const { bans_file } = this.#config;
    this.#bansFile = bans_file === undefined ? undefined : resolve(this.#baseDirectory, bans_file);
    const bans = new BanList(server.clock);
    for (const ban of this.#bansFile === undefined ? [] : await readBans(this.#bansFile)) bans.add(ban);
    this.#bans = bans;
    return bans;
  }

  /** One write after the other; what a write finds is what it keeps. */
  #saveBans(): Promise<void> {
    const path = this.#bansFile;
    if (path === undefined) return Promise.resolve();
    const saving = this.#saving.then(() => writeBans(path, this.#bans?.list() ?? []));
    this.#saving = saving.catch(() => {}); // whoever asked for it hears of it
    return saving;
  }

  #isOpenTo({ tls }: Endpoint): boolean {
    return !this.#access.hasTokens && tls?.verify !== true;
  }
}
