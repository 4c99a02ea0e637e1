/** Everything about the configuration: its types, defaults, validation and descriptions. */

export { formatDuration, parseDuration } from "./duration.ts";
export type {
  ApiConfig,
  BrokerConfig,
  BrokerConfigInput,
  LimitsConfig,
  ListenerConfig,
  LogConfig,
  MqttConfig,
  PersistenceConfig,
} from "./options.ts";
export { describeConfigError, resolveConfig } from "./resolve.ts";
