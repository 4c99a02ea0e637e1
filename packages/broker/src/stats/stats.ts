/** What is counted: for the broker as a whole and for each client. */

import { DROP_REASONS, type DropReason, type SessionEndReason } from "./reasons.ts";

const TYPES = 16;
/**
 * Of each direction: messages by QoS, then packets and bytes by type, PUBLISH and its acknowledgements first. What a message
 * counts so lies side by side (docs/performance.md, "Each object is waited for").
 */
const QOS = 3;
const PUBLISH = 3;
const DIRECTION = QOS + TYPES * 2;
const RECEIVED = 0;
const SENT = DIRECTION;
const DROPPED = DIRECTION * 2;
const SLOTS = DROPPED + QOS * DROP_REASONS.length;

/** Where the packets of a type are counted; their bytes stand behind it. */
function placeOf(direction: number, type: number): number {
  return direction + QOS + ((type - PUBLISH) & (TYPES - 1)) * 2;
}

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
    const place = placeOf(RECEIVED, type);
    values[place]! += 1;
    values[place + 1]! += bytes;
  }

  packetSent(type: number, bytes: number): void {
    const values = this.#values;
    const place = placeOf(SENT, type);
    values[place]! += 1;
    values[place + 1]! += bytes;
  }

  messageReceived(qos: number): void {
    this.#values[RECEIVED + qos]! += 1;
  }

  messageSent(qos: number): void {
    this.#values[SENT + qos]! += 1;
  }

  messageDropped(qos: number, reason: DropReason): void {
    this.#values[DROPPED + DROP_REASONS.indexOf(reason) * QOS + qos]! += 1;
  }

  get received(): PacketCounts {
    return this.#packets(RECEIVED);
  }

  get sent(): PacketCounts {
    return this.#packets(SENT);
  }

  /** By QoS. */
  get messagesReceived(): readonly number[] {
    return this.#values.slice(RECEIVED, RECEIVED + QOS);
  }

  /** By QoS. */
  get messagesSent(): readonly number[] {
    return this.#values.slice(SENT, SENT + QOS);
  }

  /** By reason, then by QoS. */
  get messagesDropped(): Readonly<Record<DropReason, readonly number[]>> {
    const dropped = {} as Record<DropReason, readonly number[]>;
    for (const [index, reason] of DROP_REASONS.entries()) {
      const start = DROPPED + index * QOS;
      dropped[reason] = this.#values.slice(start, start + QOS);
    }
    return dropped;
  }

  #packets(direction: number): PacketCounts {
    const counts = { packets: new Array<number>(TYPES), bytes: new Array<number>(TYPES) };
    for (let type = 0; type < TYPES; type++) {
      const place = placeOf(direction, type);
      counts.packets[type] = this.#values[place] as number;
      counts.bytes[type] = this.#values[place + 1] as number;
    }
    return counts;
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
