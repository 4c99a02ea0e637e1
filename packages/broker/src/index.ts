/** The public face of the broker. */

export {
  type AuthPacket,
  type ConnectPacket,
  type DisconnectPacket,
  isValidTopicFilter,
  isValidTopicName,
  type Packet,
  type ParsedFilter,
  ProtocolVersion,
  type PublishPacket,
  parseTopicFilter,
  type QoS,
  ReasonCode,
  type RetainHandling,
  reasonCodeName,
  type SubscribePacket,
  type SubscriptionRequest,
  topicMatches,
  type UnsubscribePacket,
  type UserProperty,
} from "@gmqtt/packets";
export type { Awaitable } from "./awaitable.ts";
export type { AuthOptions, Client, ClientOptions, SessionInfo, WillInfo } from "./client/client-view.ts";
export { type Clock, type ClockTimer, systemClock } from "./clock.ts";
export {
  type ApiConfig,
  type BrokerConfig,
  type BrokerConfigInput,
  type ConfigChanges,
  type ConfigFlag,
  type ConfigSources,
  compareConfigs,
  describeConfigError,
  type EnvironmentReader,
  environmentName,
  formatDuration,
  type LimitsConfig,
  type ListenerConfig,
  type LogConfig,
  type MqttConfig,
  type PersistenceConfig,
  type PluginSectionResult,
  parseDuration,
  pluginKeys,
  printableConfig,
  type ReadConfigResult,
  readConfig,
  readPluginSection,
  resolveConfig,
} from "./config/index.ts";
export { nearest } from "./config/suggest.ts";
export { ConfigError, MqttError, type MqttErrorOptions, ProtocolError, StartError } from "./errors.ts";
export { HOOK_NAMES } from "./hooks/chain.ts";
export type {
  AuthStep,
  BasicAuthRequest,
  EnhancedAuthRequest,
  EnhancedAuthStep,
  Hooks,
  HookWrapper,
  IterationOptions,
  MsgArrivedRequest,
  ReAuthRequest,
  SubscribeRequest,
  UnsubscribeRequest,
  Verdict,
  WillPublishRequest,
} from "./hooks/hooks.ts";
export { formatAddress, type ListenAddress, parseListenAddress } from "./listeners/address.ts";
export { type AttachOptions, attachToHttpServer } from "./listeners/attach.ts";
export { createMemoryPair, type MemoryPairOptions } from "./listeners/memory-listener.ts";
export { checkListeners } from "./listeners/open-listener.ts";
export type {
  AcceptTransport,
  Listener,
  RawStream,
  Transport,
  TransportHandler,
  TransportInfo,
  TransportKind,
} from "./listeners/transport.ts";
export { type Logger, silentLogger } from "./logger.ts";
export { Message, type MessageInit, type MessageProperties } from "./message.ts";
export { createMemoryPersistence } from "./persistence/memory.ts";
export type {
  BrokerMemory,
  DeliveryState,
  Persistence,
  RestoredSession,
  SessionMemory,
  StoreChange,
  StoredDelivery,
  StoredMessage,
  StoredSession,
  StoredSubscription,
  StoredWill,
} from "./persistence/persistence.ts";
export type { ApiCall, ApiHost, ApiRegistrar, ApiRoute, ApiService } from "./plugin/api-registrar.ts";
export type { ExplainAnswer, ExplainQuestion } from "./plugin/explain.ts";
export {
  type ConfigSchema,
  definePlugin,
  type Plugin,
  type PluginContext,
  type PluginDefinition,
  type SchemaIssue,
} from "./plugin/plugin.ts";
export {
  type ApplyResult,
  type ClientService,
  type Publisher,
  type Readiness,
  type RetainedService,
  type Server,
  type StreamInfo,
  SUPPORTED_VERSIONS,
  type SubscribeResult,
  type SubscriptionEntry,
  type SubscriptionInit,
  type SubscriptionQuery,
  type SubscriptionService,
} from "./plugin/server.ts";
export type { DeliveryFilter, DeliveryFilterHandle } from "./router/delivery-filter.ts";
export { type Broker, type BrokerOptions, createBroker } from "./server.ts";
export { DropReason, SessionEndReason } from "./stats/reasons.ts";
export {
  type ClientStats,
  PACKET_TYPE_NAMES,
  type PacketCounts,
  type PopulationStats,
  type StatsManager,
  type TrafficStats,
} from "./stats/stats.ts";
