/** The plugin: declares the metrics of the broker that loads it and serves them. */

import type { HookWrapper, Plugin, Server } from "@gmqtt/broker";
import type { Registry } from "prom-client";
import { HEALTH_PATHS, type PrometheusConfig } from "./config.ts";
import { type Page, PageServer, textPage } from "./http-server.ts";
import { declareBroker } from "./metrics/broker.ts";
import { ConnectionCounts } from "./metrics/connection-counts.ts";
import { declareDurations } from "./metrics/durations.ts";
import { MetricBook } from "./metrics/metric-book.ts";
import { processMetrics } from "./metrics/process.ts";

export class PrometheusPlugin implements Plugin {
  readonly name = "prometheus";
  readonly #config: PrometheusConfig;
  #connections: ConnectionCounts = new ConnectionCounts();
  #pages: PageServer | undefined;
  #stopMeasuring: (() => void) | undefined;
  #scraping: Promise<string> | undefined;

  constructor(config: PrometheusConfig) {
    this.#config = config;
  }

  /** Where metrics are served, for example `127.0.0.1:8082`; undefined while they are not. */
  get address(): string | undefined {
    return this.#pages?.address;
  }

  /** Clients are heard coming and going; no message passes through here. */
  hookWrapper(): HookWrapper {
    this.#connections = new ConnectionCounts();
    return this.#connections.hooks;
  }

  /** The pages are there while sessions are restored, so that whoever waits for the broker sees how far it is. */
  async prepare(server: Server): Promise<void> {
    const book = new MetricBook();
    const process = processMetrics(); // the event loop is watched from now on
    declareBroker(book, server, this.#connections);
    const measure = declareDurations(book);
    const { listen_address: listenAddress, path } = this.#config;
    const pages = new PageServer(
      new Map<string, () => Page | Promise<Page>>([
        [path, () => this.#metrics(book.registry, process)],
        [HEALTH_PATHS.live, () => textPage(200, "ok")],
        [HEALTH_PATHS.ready, () => readiness(server)],
      ]),
      (error) => server.logger.error({ err: error, plugin: this.name }, "metrics could not be served"),
    );
    await pages.listen(listenAddress);
    this.#pages = pages;
    this.#stopMeasuring = measure(server.statsManager);
    server.logger.info({ plugin: this.name, address: this.address, path }, "metrics are served");
  }

  load(): void {}

  async unload(): Promise<void> {
    this.#stopMeasuring?.();
    await this.#pages?.close();
    this.#pages = undefined;
  }

  async #metrics(...registries: [Registry, Registry]): Promise<Page> {
    // Who asks while another is being answered gets the same answer: many scrapers cost as much as one.
    this.#scraping ??= scrape(registries).finally(() => {
      this.#scraping = undefined;
    });
    return { status: 200, type: registries[0].contentType, body: await this.#scraping };
  }
}

async function scrape(registries: readonly Registry[]): Promise<string> {
  const parts = await Promise.all(registries.map((registry) => registry.metrics()));
  return parts.join("\n");
}

function readiness(server: Server): Page {
  const { ready, reason, restoredSessions } = server.readiness;
  const progress = reason === "starting" && restoredSessions > 0 ? `, ${restoredSessions} sessions restored` : "";
  return textPage(ready ? 200 : 503, reason + progress);
}
