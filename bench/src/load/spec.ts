/** What a load generator is told, and what it answers: both go between processes as JSON. */

import type { ProtocolVersion, QoS } from "@gmqtt/packets";
import type { Endpoint } from "./wire.ts";

/** Common to all loads. */
export interface Target {
  readonly endpoint: Endpoint;
  /** The broker's process; 0: somebody else's, no CPU time or memory is read. */
  readonly pid: number;
  readonly version: ProtocolVersion;
  readonly username?: string;
  readonly password?: string;
}

/** Messages through the broker, as many as go or at a fixed rate. */
export interface TrafficLoad {
  readonly kind: "traffic";
  /** pairs: each publisher has a subscriber; in: all publishers to all subscribers; out: the same, one topic. */
  readonly topology: "pairs" | "in" | "out";
  readonly publishers: number;
  readonly subscribers: number;
  readonly qos: QoS;
  /** Payload bytes, at least 16. */
  readonly size: number;
  /** Messages of one publisher on the way at once. */
  readonly window: number;
  /** Messages a second in all; 0: as many as the windows let. */
  readonly rate: number;
  /** Whether the subscribers share one subscription. */
  readonly shared: boolean;
  /** Whether the subscribers' sessions outlive their connections, so that a store has to keep what they are owed. */
  readonly persistent: boolean;
  /** User properties of each message (MQTT 5.0). */
  readonly userProperties: number;
  /** Whether publishers use a topic alias (MQTT 5.0). */
  readonly topicAlias: boolean;
  /** Whether subscriptions have an identifier (MQTT 5.0). */
  readonly subscriptionIdentifiers: boolean;
  /** Seconds before, and of, the measurement. */
  readonly warmup: number;
  readonly seconds: number;
}

/** Clients that connect, see CONNACK and leave, again and again. */
export interface ConnectLoad {
  readonly kind: "connect";
  readonly concurrent: number;
  readonly warmup: number;
  readonly seconds: number;
}

/** A load after which the broker's memory is looked at. */
interface RestingLoad {
  /** Seconds in which the broker comes to rest before each look. */
  readonly rest: number;
}

/** Clients with one subscription that do nothing. */
export interface IdleLoad extends RestingLoad {
  readonly kind: "idle";
  readonly connections: number;
}

/** Many subscriptions of many shapes, then messages that each match one of them. */
export interface SubscriptionsLoad extends RestingLoad {
  readonly kind: "subscriptions";
  readonly clients: number;
  readonly subscriptions: number;
  readonly publishers: number;
  readonly warmup: number;
  readonly seconds: number;
}

/** Retained messages, each on a topic of its own, then a subscriber to all. */
export interface RetainedLoad extends RestingLoad {
  readonly kind: "retained";
  readonly messages: number;
  readonly size: number;
}

/** Messages for a session that is away, then it comes back. */
export interface OfflineLoad extends RestingLoad {
  readonly kind: "offline";
  readonly messages: number;
  readonly size: number;
}

export type Load = TrafficLoad | ConnectLoad | IdleLoad | SubscriptionsLoad | RetainedLoad | OfflineLoad;

/** Figures of a run by name, and what must be 0 in a good one. */
export interface LoadResult {
  readonly figures: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
}
