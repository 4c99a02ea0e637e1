/** A broker with the admin plugin on free ports, and ways to ask it. */

import type { BrokerConfigInput, Plugin } from "@gmqtt/broker";
import { createTestBroker, type PersistenceSource, type TestBroker } from "@gmqtt/testing";
import { type AdminPlugin, createAdminPlugin } from "../index.ts";

/** What differs from the defaults. */
export interface AdminBrokerOptions {
  /** Section `plugins.admin`. */
  readonly section?: object;
  readonly config?: BrokerConfigInput;
  readonly plugins?: readonly Plugin[];
  readonly baseDirectory?: string;
  readonly persistence?: PersistenceSource;
}

/** What REST answered. */
export interface RestAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

/** A running broker with its API. */
export interface AdminBroker {
  readonly broker: TestBroker;
  readonly plugin: AdminPlugin;
  /** `http://127.0.0.1:port` */
  readonly url: string;
  /** `127.0.0.1:port` */
  readonly grpc: string;
  /** Asks over REST; a body makes it a POST. */
  rest(path: string, init?: RestInit): Promise<RestAnswer>;
  stop(): Promise<void>;
}

/** A request to REST. */
export interface RestInit {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

const anyPort = "tcp://127.0.0.1:0";

/** Starts both; TLS and other addresses come with `config.api`. */
export async function startAdmin(options: AdminBrokerOptions = {}): Promise<AdminBroker> {
  const { baseDirectory = process.cwd() } = options;
  let plugin: AdminPlugin | undefined;
  const broker = await createTestBroker({
    config: { api: { grpc: [{ address: anyPort }], http: [{ address: anyPort }] }, ...options.config },
    baseDirectory,
    ...(options.persistence === undefined ? {} : { persistence: options.persistence }),
    plugins: () => {
      plugin = createAdminPlugin(options.section, baseDirectory);
      return [plugin, ...(options.plugins ?? [])];
    },
  });
  const made = plugin as AdminPlugin;
  const addressOf = (kind: string): string =>
    made.endpoints.find((endpoint) => endpoint.kind === kind)?.address.replace("tcp://", "") ?? "";
  const url = `http://${addressOf("http")}`;
  return {
    broker,
    plugin: made,
    url,
    grpc: addressOf("grpc"),
    rest: (path, init) => askRest(`${url}${path}`, init),
    stop: () => broker.stop(),
  };
}

async function askRest(url: string, { body, headers = {}, method }: RestInit = {}): Promise<RestAnswer> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers,
    ...(text === undefined ? {} : { body: text }),
  });
  const answer = await response.text();
  return { status: response.status, headers: response.headers, json: answer === "" ? undefined : JSON.parse(answer) };
}
