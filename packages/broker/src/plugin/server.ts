/** The broker as plugins see it. */

import type { Packet, ProtocolVersion, QoS, RetainHandling } from "@gmqtt/packets";
import type { Client, SessionInfo } from "../client/client-view.ts";
import type { Clock } from "../clock.ts";
import type { BrokerConfig } from "../config/index.ts";
import type { Hooks } from "../hooks/hooks.ts";
import type { Listener, RawStream, Transport, TransportInfo } from "../listeners/transport.ts";
import type { Logger } from "../logger.ts";
import type { Message, MessageInit } from "../message.ts";
import type { StoredSubscription } from "../persistence/persistence.ts";
import type { DeliveryFilter, DeliveryFilterHandle } from "../router/delivery-filter.ts";
import type { StatsManager } from "../stats/stats.ts";
import type { ApiRegistrar } from "./api-registrar.ts";
import type { Plugin } from "./plugin.ts";

/** Publishes as the broker itself. */
export interface Publisher {
  /**
   * Treats the message like one from a client: `onMsgArrived` sees it (with client null), it is retained and routed.
   * Resolves, once it is safe in the store, to how many sessions it was handed to. Rejects with `MqttError` (topic name
   * invalid, a hook's refusal, quota).
   */
  publish(message: MessageInit | Message): Promise<number>;
}

/** Clients and their sessions. Iterators see the state as it is while they run. */
export interface ClientService {
  iterateClients(): IterableIterator<Client>;
  getClient(clientId: string): Client | undefined;
  iterateSessions(): IterableIterator<SessionInfo>;
  getSession(clientId: string): SessionInfo | undefined;
  /**
   * At most `limit` sessions behind the first `offset`, the oldest first. Those that are passed over cost next to nothing:
   * the last page of 100,000 sessions takes about a millisecond.
   */
  listSessions(offset: number, limit: number): readonly SessionInfo[];
  /** Number of sessions, connected or not. */
  readonly sessionCount: number;
  readonly clientCount: number;
  /** Disconnects the client, if there, and ends its session; false when there is none. */
  terminateSession(clientId: string): boolean;
}

/** A subscription to be made for a client; what is left out takes the standard's default. */
export interface SubscriptionInit {
  readonly filter: string;
  readonly qos?: QoS;
  readonly noLocal?: boolean;
  readonly retainAsPublished?: boolean;
  readonly retainHandling?: RetainHandling;
  readonly subscriptionIdentifier?: number;
}

/** What became of one asked-for subscription. */
export interface SubscribeResult {
  readonly subscription: StoredSubscription;
  readonly alreadyExisted: boolean;
}

/** Narrows `iterate`. */
export interface SubscriptionQuery {
  /** Kinds to visit; default: all. System: filters that start with `$`, shared ones excepted. */
  readonly types?: readonly ("system" | "shared" | "non-shared")[];
  readonly clientId?: string;
  /** With match "name": subscriptions with exactly this filter; with "filter": those whose filter matches this topic name. */
  readonly topic?: string;
  readonly match?: "name" | "filter";
}

/** A subscription and whose it is. */
export interface SubscriptionEntry {
  readonly clientId: string;
  readonly subscription: StoredSubscription;
}

/** Subscriptions of all sessions. */
export interface SubscriptionService {
  /** Subscribes a session, retained messages included. Throws `MqttError` for an invalid filter or an unknown client. */
  subscribe(clientId: string, ...subscriptions: SubscriptionInit[]): readonly SubscribeResult[];
  /** Answers per filter whether there was a subscription. */
  unsubscribe(clientId: string, ...filters: string[]): readonly boolean[];
  unsubscribeAll(clientId: string): number;
  iterate(query?: SubscriptionQuery): IterableIterator<SubscriptionEntry>;
  /**
   * The member of a shared subscription (`$share/name/filter`) that a message on this topic would go to now. Nobody's turn
   * passes. undefined: there is none.
   */
  peekShared(filter: string, topic: string): SubscriptionEntry | undefined;
  /** The highest QoS at which a session may get messages of a topic, as the delivery filters say; undefined: not at all. */
  deliveryLimit(clientId: string, topic: string): QoS | undefined;
}

/** The retained messages. */
export interface RetainedService {
  readonly count: number;
  /** Bytes of topics and payloads. */
  readonly bytes: number;
  get(topic: string): Message | undefined;
  /** Stores without routing to anybody. Throws `MqttError` for an invalid topic or when a limit is reached. */
  addOrReplace(message: Message | MessageInit): void;
  remove(topic: string): boolean;
  clearAll(): void;
  /** Retained messages whose topic matches a filter (`$` rule of section 4.7.2 included). */
  getMatched(filter: string): readonly Message[];
  iterate(): IterableIterator<Message>;
}

/** What changed with a new configuration. */
export interface ApplyResult {
  /** Keys that took effect. */
  readonly applied: readonly string[];
  /** Keys that wait for a restart. */
  readonly needsRestart: readonly string[];
}

/** Health of the broker, as a load balancer asks for it. */
export interface Readiness {
  readonly ready: boolean;
  /** "ok", or why not: "starting", "stopping", "store unavailable". */
  readonly reason: string;
  /** Restored sessions so far, while starting. */
  readonly restoredSessions: number;
}

/** A connection handed in by hand: what is known of the peer. */
export type StreamInfo = Partial<Omit<TransportInfo, "kind">>;

/** The running broker, given to plugins by `load` and to whoever embeds it. */
export interface Server {
  readonly version: string;
  readonly config: BrokerConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly publisher: Publisher;
  readonly clientService: ClientService;
  readonly subscriptionService: SubscriptionService;
  readonly retainedService: RetainedService;
  readonly statsManager: StatsManager;
  readonly apiRegistrar: ApiRegistrar;
  readonly plugins: readonly Plugin[];
  /** Names of the plugins that take part in a hook, the outermost first. */
  pluginsOf(hook: keyof Hooks): readonly string[];
  readonly listeners: readonly Listener[];
  readonly readiness: Readiness;
  /** Puts a new configuration in force, as far as it can change live. Rejects, with nothing changed, when it is invalid. */
  applyConfig(config: BrokerConfig): Promise<ApplyResult>;
  /** Shows every packet of every client until the returned function is called; costs CPU while it does. */
  watchPackets(watcher: (client: Client, direction: "in" | "out", packet: Packet) => void): () => void;
  /**
   * Asks `filter` from now on who may receive what, subscriptions made long ago, retained messages and sessions that are
   * away included. Costs nothing per message, as long as the subscription is not a shared one.
   */
  filterDeliveries(filter: DeliveryFilter): DeliveryFilterHandle;
  /** Serves MQTT on a stream that the caller accepted. */
  acceptStream(stream: RawStream, info?: StreamInfo): void;
  /** The same for a transport of the caller's own making. */
  acceptTransport(transport: Transport): void;
  /** Stops gracefully; resolves when everything is closed. The same promise for every call. */
  stop(): Promise<void>;
}

/** Versions a broker of this package speaks. */
export const SUPPORTED_VERSIONS: readonly ProtocolVersion[] = [3, 4, 5];
