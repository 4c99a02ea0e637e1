/** The configuration as the broker reads it: camelCase, complete, durations in milliseconds. Declared in keys/. */

import type { ConfigKeys } from "./keys/index.ts";
import type { SectionInput, SectionValue, ValueOf } from "./spec.ts";

/** The resolved configuration: filled with defaults, checked and frozen. Made by `resolveConfig` and `readConfig`. */
export interface BrokerConfig extends SectionValue<ConfigKeys> {}

/** Where one listener binds and what it speaks. */
export interface ListenerConfig extends SectionValue<ConfigKeys["listeners"]["keys"]> {}

/** What clients are offered and held to. */
export interface MqttConfig extends SectionValue<ConfigKeys["mqtt"]["keys"]> {}

/** Bounds for what clients can make grow. */
export interface LimitsConfig extends SectionValue<ConfigKeys["limits"]["keys"]> {}

/** The store; its own section, by its name, is as it was written. */
export type PersistenceConfig = ValueOf<ConfigKeys["persistence"]>;

/** What is logged. */
export interface LogConfig extends SectionValue<ConfigKeys["log"]["keys"]> {}

/** Addresses of the management API. */
export interface ApiConfig extends SectionValue<ConfigKeys["api"]["keys"]> {}

/** A configuration as given in code: partial; durations are milliseconds or texts such as `"2h"`. */
export interface BrokerConfigInput extends SectionInput<ConfigKeys> {}
