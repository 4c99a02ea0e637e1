/** Asks each plugin whether its section of the configuration fits. */

import { type BrokerConfig, type ConfigError, pluginKeys, readPluginSection } from "@gmqtt/broker";
import { type FoundPlugin, sectionOf } from "./find.ts";

/** The configuration with the sections as the plugins' schemas made them, and what does not fit. */
export interface CheckedSections {
  readonly config: BrokerConfig;
  readonly errors: readonly ConfigError[];
}

/** Checks the sections of the plugins that run; those of others are left alone. */
export function checkSections(config: BrokerConfig, plugins: readonly FoundPlugin[]): CheckedSections {
  const errors: ConfigError[] = [];
  const sections: Record<FoundPlugin["section"][0], Record<string, unknown>> = { plugins: {}, persistence: {} };
  for (const { section, definition } of plugins) {
    const [group, name] = section;
    const result = readPluginSection(definition, sectionOf(config, section), section.join("."));
    if (result.ok) sections[group][name] = result.section;
    else errors.push(...result.errors);
  }
  return {
    config: Object.freeze({
      ...config,
      plugins: Object.freeze({ ...config.plugins, ...sections.plugins }),
      persistence: Object.freeze({ ...config.persistence, ...sections.persistence }),
    }),
    errors,
  };
}

/** True when the plugin that owns the path declares this very key. */
export function declaredIn(plugins: readonly FoundPlugin[], path: readonly string[]): boolean {
  const [group, name, key = "", ...rest] = path;
  const plugin = plugins.find(({ section }) => section[0] === group && section[1] === name);
  return rest.length === 0 && pluginKeys(plugin?.definition.configSchema).includes(key);
}
