/** What is counted: for the broker as a whole and for each client. */

import { DROP_REASONS, type DropReason, type SessionEndReason } from "./reasons.ts";

const TYPES = 16;
const RECEIVED_PACKETS = 0;
const RECEIVED_BYTES = TYPES;
const SENT_PACKETS = TYPES * 2;
const SENT_BYTES = TYPES * 3;
const RECEIVED_MESSAGES = TYPES * 4;
const SENT_MESSAGES = RECEIVED_MESSAGES + 3;
const DROPPED = SENT_MESSAGES + 3;
const SLOTS = DROPPED + 3 * DROP_REASONS.length;

/** Names of the packet types as statistics give them, by type number; 0 is not used. */
export const PACKET_TYPE_NAMES: readonly string[] = [
  "",
  "connect",
  "connack",
  "publish",
  "puback",
  "pubrec",
  "pubrel",
  "pubcomp",
  "subscribe",
  "suback",
  "unsubscribe",
  "unsuback",
  "pingreq",
  "pingresp",
  "disconnect",
  "auth",
];

/** Packets and bytes by packet type number (index 1 to 15). */
export interface PacketCounts {
  readonly packets: readonly number[];
  readonly bytes: readonly number[];
}

/**
 * All zero, and an array of doubles: the fraction makes it one, and copies stay what it is. Unlike a typed array a copy
 * costs no memory outside the heap and no more than its bytes, which counts where each connection has one.
 */
const ZEROS: readonly number[] = [0.5, ...new Array<number>(SLOTS - 1).fill(0)].fill(0);

/** Counters of traffic. One flat array: counting is an addition, with no look-up by name. */
export class TrafficCounters {
  readonly #values: number[] = ZEROS.slice();

  packetReceived(type: number, bytes: number): void {
    const values = this.#values;
    values[RECEIVED_PACKETS + type]! += 1;
    values[RECEIVED_BYTES + type]! += bytes;
  }

  packetSent(type: number, bytes: number): void {
    const values = this.#values;
    values[SENT_PACKETS + type]! += 1;
    values[SENT_BYTES + type]! += bytes;
  }

  messageReceived(qos: number): void {
    this.#values[RECEIVED_MESSAGES + qos]! += 1;
  }

  messageSent(qos: number): void {
    this.#values[SENT_MESSAGES + qos]! += 1;
  }

  messageDropped(qos: number, reason: DropReason): void {
    this.#values[DROPPED + DROP_REASONS.indexOf(reason) * 3 + qos]! += 1;
  }

  get received(): PacketCounts {
    return this.#packets(RECEIVED_PACKETS, RECEIVED_BYTES);
  }

  get sent(): PacketCounts {
    return this.#packets(SENT_PACKETS, SENT_BYTES);
  }

  /** By QoS. */
  get messagesReceived(): readonly number[] {
    return this.#values.slice(RECEIVED_MESSAGES, RECEIVED_MESSAGES + 3);
  }

  /** By QoS. */
  get messagesSent(): readonly number[] {
    return this.#values.slice(SENT_MESSAGES, SENT_MESSAGES + 3);
  }

  /** By reason, then by QoS. */
  get messagesDropped(): Readonly<Record<DropReason, readonly number[]>> {
    const dropped = {} as Record<DropReason, readonly number[]>;
    for (const [index, reason] of DROP_REASONS.entries()) {
      const start = DROPPED + index * 3;
      dropped[reason] = this.#values.slice(start, start + 3);
    }
    return dropped;
  }

  #packets(packets: number, bytes: number): PacketCounts {
    return {
      packets: this.#values.slice(packets, packets + TYPES),
      bytes: this.#values.slice(bytes, bytes + TYPES),
    };
  }
}

/** Traffic as it can be read. */
export type TrafficStats = Pick<
  TrafficCounters,
  "received" | "sent" | "messagesReceived" | "messagesSent" | "messagesDropped"
>;

/** What is known of one client: traffic of this connection. */
export type ClientStats = TrafficStats;

/** Clients and sessions, now and ever. */
export class PopulationCounters {
  /** Connections whose CONNECT was accepted, since the start. */
  connected = 0;
  disconnected = 0;
  /** Connected now. */
  active = 0;
  /** The most that were connected at a time, since the start. */
  activeMaximum = 0;
  /** Sessions kept for clients that are away, now. */
  inactive = 0;
  sessionsCreated = 0;
  readonly sessionsTerminated: Record<SessionEndReason, number> = { normal: 0, taken_over: 0, expired: 0 };
  subscriptionsCurrent = 0;
  subscriptionsTotal = 0;
  /** Messages that wait in the queues of all sessions, now. */
  queued = 0;
  /** Messages sent to clients and not yet acknowledged, now. */
  inflight = 0;
  connectionsOpen = 0;
  connectionsAccepted = 0;
  /** How often each limit was hit, by its configuration key. */
  readonly limitsHit: Map<string, number> = new Map();
  /** Refusals and successes of authentication. */
  authenticationSucceeded = 0;
  authenticationFailed = 0;
  /** Hooks that threw something else than an MqttError, or took too long. */
  hookFailures = 0;
  hookTimeouts = 0;
  /** How often the store became unavailable, and clients that were refused because of that. */
  storeOutages = 0;
  storeRefusals = 0;
  /** Errors that are bugs of the broker or of a plugin, contained to one client. */
  internalErrors = 0;

  limitHit(key: string): void {
    this.limitsHit.set(key, (this.limitsHit.get(key) ?? 0) + 1);
  }
}

/** Population as it can be read. */
export type PopulationStats = Readonly<Omit<PopulationCounters, "limitHit" | "limitsHit">> & {
  readonly limitsHit: ReadonlyMap<string, number>;
};

/** Reads the statistics; numbers are live, not snapshots. */
export interface StatsManager {
  readonly traffic: TrafficStats;
  readonly population: PopulationStats;
  /** Statistics of a connected client. */
  client(clientId: string): ClientStats | undefined;
  /** Has each plugin's part in each hook measured, in milliseconds, the plugins behind it included. One observer at a time. */
  observeHooks(observer: ((plugin: string, hook: string, milliseconds: number) => void) | undefined): void;
  /** Hears the duration of each commit of the store, in milliseconds. */
  observeCommits(observer: (milliseconds: number) => void): void;
  /**
   * Times one of `oneOf` messages that clients publish: from the arrival of its bytes until those for a receiver are handed
   * to its socket, in milliseconds, once per receiver. Retained messages, and receivers that connected later, are left
   * out. One observer at a time; undefined ends it, and then it costs nothing. Throws `RangeError` for less than one.
   */
  observeDeliveries(oneOf: number, observer: ((milliseconds: number) => void) | undefined): void;
  /** Changes handed to the store and not yet committed. */
  readonly pendingCommits: number;
  /** Bytes that wait to be sent, over all connections. Costs a walk over them. */
  readonly unsentBytes: number;
}
