/** A real broker on real sockets with the plugin, and what its metrics say of it. */

import { type Broker, type BrokerOptions, createBroker } from "@gmqtt/broker";
import { onTestFinished } from "vitest";
import { createPrometheus, type PrometheusPlugin } from "../src/index.ts";
import { type Family, readExposition } from "./exposition.ts";

/** Values by series, gmqtt's own alone. */
export type Values = ReadonlyMap<string, number>;

/** A broker whose metrics are read over HTTP. */
export interface ObservedBroker {
  readonly broker: Broker;
  readonly plugin: PrometheusPlugin;
  /** `mqtt://` or `ws://` and so on of the listener with this index. */
  address(index?: number): string;
  /** Asks for a path of the plugin's. */
  get(path: string, init?: RequestInit): Promise<Response>;
  /** All metrics, strictly read. */
  families(): Promise<Map<string, Family>>;
  /** All numbers of the broker. */
  values(): Promise<Values>;
}

/** Starts one; it is stopped when the test is over. Without `config` it listens on a free port, without `$SYS` messages. */
export async function startObserved(options: BrokerOptions = {}): Promise<ObservedBroker> {
  const plugin = createPrometheus({ listen_address: "127.0.0.1:0" });
  const broker = createBroker({
    ...options,
    config: { listeners: [{ address: "127.0.0.1:0", name: "lan" }], sys: { interval: 0 }, ...options.config },
    plugins: [plugin, ...(options.plugins ?? [])],
  });
  await broker.start();
  onTestFinished(() => broker.stop());
  const get = (path: string, init?: RequestInit) => fetch(`http://${plugin.address}${path}`, init);
  const families = async () => readExposition(await (await get("/metrics")).text());
  return {
    broker,
    plugin,
    get,
    families,
    address(index = 0) {
      const { kind, port } = broker.listeners[index] ?? { kind: "none", port: 0 };
      return `${kind === "websocket" ? "ws" : "mqtt"}://127.0.0.1:${port}/`;
    },
    async values() {
      const own = [...(await families()).values()].filter(({ name }) => name.startsWith("gmqtt_"));
      return new Map(own.flatMap(({ samples }) => [...samples].map(([series, { value }]) => [series, value] as const)));
    },
  };
}

/** What changed, by how much. */
export function changes(before: Values, after: Values): Record<string, number> {
  const moved: Record<string, number> = {};
  for (const [series, value] of after) {
    const by = value - (before.get(series) ?? 0);
    if (by !== 0) moved[series] = by;
  }
  return moved;
}
