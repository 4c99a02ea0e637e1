/** Everything about the configuration: its types, defaults, validation and descriptions. */

export { type ConfigChanges, compareConfigs } from "./compare.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export { type EnvironmentReader, environmentName } from "./environment.ts";
export type {
  ApiConfig,
  BrokerConfig,
  LimitsConfig,
  ListenerConfig,
  LogConfig,
  MqttConfig,
  PersistenceConfig,
} from "./options.ts";
export type { BrokerConfigInput } from "./options-input.ts";
export { type PluginSectionResult, pluginKeys, readPluginSection } from "./plugin-section.ts";
export { printableConfig } from "./print.ts";
export { type ConfigFlag, type ConfigSources, type ReadConfigResult, readConfig } from "./read.ts";
export { describeConfigError, resolveConfig } from "./resolve.ts";
