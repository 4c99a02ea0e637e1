/** The plugin package: `prometheus` for gmqttd, `createPrometheus` for programs that embed a broker. */

import { definePlugin, type PluginDefinition, readPluginSection } from "@gmqtt/broker";
import { configSchema, type PrometheusConfig } from "./config.ts";
import { PrometheusPlugin } from "./prometheus-plugin.ts";

export type { PrometheusConfig } from "./config.ts";
export type { PrometheusPlugin } from "./prometheus-plugin.ts";

const prometheus: PluginDefinition<PrometheusConfig> = definePlugin({
  name: "prometheus",
  configSchema,
  create: (config) => new PrometheusPlugin(config),
});

export default prometheus;

/**
 * The plugin for a program that embeds a broker: `createBroker({ plugins: [createPrometheus()] })`. What is left out takes
 * the default.
 *
 * @throws ConfigError for an address or a path that is none.
 */
export function createPrometheus(config: Partial<PrometheusConfig> = {}): PrometheusPlugin {
  const result = readPluginSection(prometheus, config, "prometheus");
  if (!result.ok) throw result.errors[0];
  return new PrometheusPlugin(result.section as PrometheusConfig);
}
