/** All that brokers are asked to do in a comparison. */

import type { ProtocolVersion } from "@gmqtt/packets";
import type { Feature } from "./brokers/broker.ts";
import type { Load, TrafficLoad } from "./load/spec.ts";
import type { Endpoint } from "./load/wire.ts";

/** A load and the way it reaches the broker. */
export interface Workload {
  readonly name: string;
  readonly title: string;
  /** What kind of figures it gives, and so in which table it stands. */
  readonly section: "messages" | "latency" | "clients" | "state";
  readonly load: Load;
  readonly version: ProtocolVersion;
  readonly transport: Endpoint["transport"];
  readonly features: readonly Feature[];
  /** Whether `--quick` runs it. */
  readonly quick: boolean;
}

type Extras = Partial<Omit<Workload, "name" | "title" | "load">>;

const QUICK: Extras = { quick: true };
const V5: Extras = { version: 5, features: ["mqtt 5"] };
const PLAIN = { section: "messages", version: 4, transport: "tcp", features: [], quick: false } as const;

function workload(name: string, title: string, load: Load, extras: Extras = {}): Workload {
  return { name, title, load, ...PLAIN, ...extras };
}

const BASE: TrafficLoad = {
  kind: "traffic",
  topology: "pairs",
  publishers: 50,
  subscribers: 50,
  qos: 0,
  size: 64,
  window: 100,
  rate: 0,
  shared: false,
  persistent: false,
  userProperties: 0,
  topicAlias: false,
  subscriptionIdentifiers: false,
  warmup: 2,
  seconds: 3,
};
const QOS1 = { qos: 1, window: 20 } as const;
const QOS2 = { qos: 2, window: 20 } as const;

const pairs = (change: Partial<TrafficLoad> = {}): TrafficLoad => ({ ...BASE, ...change });
const fanIn = (change: Partial<TrafficLoad> = {}): TrafficLoad => pairs({ topology: "in", subscribers: 1, ...change });
const fanOut = (subscribers: number, change: Partial<TrafficLoad> = {}): TrafficLoad =>
  pairs({ topology: "out", publishers: 1, subscribers, ...change });
const atRate = (rate: number, publishers: number, change: Partial<TrafficLoad> = {}): TrafficLoad =>
  pairs({ rate, publishers, subscribers: publishers, ...change });

/** 1,000 messages may be on the way to one session, and more at a fixed rate: what brokers queue by default is not enough. */
const LONG_QUEUES = ["long queues"] as const;
const LATENCY = { section: "latency" } as const;
const STATE = { section: "state" } as const;

export const workloads: readonly Workload[] = [
  workload("pairs-q0", "50 pairs, QoS 0", pairs(), QUICK),
  workload("pairs-q1", "50 pairs, QoS 1", pairs(QOS1), QUICK),
  workload("pairs-q2", "50 pairs, QoS 2", pairs(QOS2), QUICK),
  workload("fanin-q0", "50 publishers to 1 subscriber, QoS 0", fanIn(), QUICK),
  workload("fanin-q1", "50 publishers to 1 subscriber, QoS 1", fanIn(QOS1), { ...QUICK, features: LONG_QUEUES }),
  workload("fanin-q2", "50 publishers to 1 subscriber, QoS 2", fanIn(QOS2), { features: LONG_QUEUES }),
  workload("fanout100-q0", "1 publisher to 100 subscribers, QoS 0", fanOut(100), QUICK),
  workload("fanout100-q1", "1 publisher to 100 subscribers, QoS 1", fanOut(100, QOS1), QUICK),
  workload("fanout100-q2", "1 publisher to 100 subscribers, QoS 2", fanOut(100, QOS2)),
  workload("fanout1000-q0", "1 publisher to 1,000 subscribers, QoS 0", fanOut(1000)),
  workload("fanout1000-q1", "1 publisher to 1,000 subscribers, QoS 1", fanOut(1000, QOS1)),
  workload("fanout1000-q2", "1 publisher to 1,000 subscribers, QoS 2", fanOut(1000, QOS2)),
  workload("pairs-1k", "50 pairs, QoS 0, 1 KiB", pairs({ size: 1024 })),
  workload("pairs-16k", "50 pairs, QoS 0, 16 KiB", pairs({ size: 16_384, window: 10 }), QUICK),
  workload("pairs-1m", "5 pairs, QoS 0, 1 MiB", pairs({ size: 1_048_576, publishers: 5, subscribers: 5, window: 1 })),
  workload("v5-q0", "50 pairs, QoS 0, MQTT 5", pairs(), V5),
  workload("v5-q1", "50 pairs, QoS 1, MQTT 5", pairs(QOS1), V5),
  workload("v5-properties", "50 pairs, QoS 0, MQTT 5, 3 user properties", pairs({ userProperties: 3 }), V5),
  workload("v5-alias", "50 pairs, QoS 0, MQTT 5, topic alias", pairs({ topicAlias: true }), V5),
  workload(
    "v5-identifiers",
    "50 pairs, QoS 0, MQTT 5, subscription identifiers",
    pairs({ subscriptionIdentifiers: true }),
    V5,
  ),
  workload("shared-q0", "50 publishers to a group of 10, QoS 0", fanIn({ subscribers: 10, shared: true }), {
    features: ["shared subscriptions"],
  }),
  workload("shared-q1", "50 publishers to a group of 10, QoS 1", fanIn({ subscribers: 10, shared: true, ...QOS1 }), {
    features: ["shared subscriptions", "long queues"],
  }),
  workload("one-q0", "50 pairs, QoS 0, one message in flight each", pairs({ window: 1 }), QUICK),
  workload("sparse-q0", "500 pairs, 10 messages a second each, QoS 0", atRate(5000, 500), QUICK),
  workload("sparse-q1", "500 pairs, 10 messages a second each, QoS 1", atRate(5000, 500, { qos: 1 }), {
    features: LONG_QUEUES,
  }),
  workload("websocket-q0", "50 pairs, QoS 0, WebSocket", pairs(), { transport: "websocket", features: ["websocket"] }),
  workload("websocket-q1", "50 pairs, QoS 1, WebSocket", pairs(QOS1), {
    transport: "websocket",
    features: ["websocket"],
  }),
  workload("tls-q0", "50 pairs, QoS 0, TLS", pairs(), { transport: "tls", features: ["tls"] }),
  workload("tls-q1", "50 pairs, QoS 1, TLS", pairs(QOS1), { transport: "tls", features: ["tls"] }),
  workload("access-q0", "50 pairs, QoS 0, accounts and access rules", pairs(), { features: ["accounts"] }),
  workload("access-q1", "50 pairs, QoS 1, accounts and access rules", pairs(QOS1), { features: ["accounts"] }),
  workload("persistent-q1", "50 pairs, QoS 1, sessions that stay, in memory", pairs({ ...QOS1, persistent: true })),
  workload("redis-q1", "50 pairs, QoS 1, sessions that stay, in Redis", pairs({ ...QOS1, persistent: true }), {
    features: ["redis"],
  }),
  workload("rate-q0", "1 pair, 10,000 messages a second, QoS 0", atRate(10_000, 1), { ...LATENCY, ...QUICK }),
  workload("rate-q1", "1 pair, 10,000 messages a second, QoS 1", atRate(10_000, 1, { qos: 1 }), {
    ...LATENCY,
    features: LONG_QUEUES,
  }),
  workload("rate50-q0", "50 pairs, 10,000 messages a second, QoS 0", atRate(10_000, 50), LATENCY),
  workload(
    "connect",
    "connect, CONNACK, disconnect",
    { kind: "connect", concurrent: 32, warmup: 2, seconds: 3 },
    { section: "clients", ...QUICK },
  ),
  workload(
    "login",
    "connect, CONNACK, disconnect, with user name and password",
    { kind: "connect", concurrent: 32, warmup: 2, seconds: 3 },
    { section: "clients", features: ["accounts"] },
  ),
  workload(
    "idle",
    "10,000 idle connections with a subscription each",
    { kind: "idle", connections: 10_000, rest: 3 },
    STATE,
  ),
  workload(
    "subscriptions",
    "100,000 subscriptions of 100 clients, 3 of 10 with wildcards",
    { kind: "subscriptions", clients: 100, subscriptions: 100_000, publishers: 20, warmup: 2, seconds: 3, rest: 2 },
    STATE,
  ),
  workload("retained", "100,000 retained messages", { kind: "retained", messages: 100_000, size: 64, rest: 2 }, STATE),
  workload(
    "offline",
    "100,000 messages for a session that is away",
    { kind: "offline", messages: 100_000, size: 64, rest: 2 },
    { ...STATE, features: LONG_QUEUES },
  ),
];
