/** The state kept for a client identifier, over connections (MQTT 5.0 section 4.1). */

import type { ProtocolVersion } from "@gmqtt/packets";
import type { SessionInfo, WillInfo } from "../client/client-view.ts";
import type { Message } from "../message.ts";
import type { SessionMemory, StoredSession } from "../persistence/persistence.ts";
import type { Subscription } from "../router/subscription.ts";
import type { WheelTimer } from "../timer-wheel.ts";
import { Outgoing } from "./outgoing.ts";
import { PacketIds } from "./packet-ids.ts";
import type { SessionLink } from "./session-link.ts";
import type { SessionServices } from "./session-services.ts";

/** Session Expiry Interval that stands for never. */
export const NEVER_EXPIRES = 0xffffffff;

/** Of a session that is stored for its will alone. */
const NOTHING_OWED = { deliveries: [], readUpTo: 0, onlyStored: 0, lastSequence: 0 } as const;

/** A will that waits for its connection to end, or for its delay to pass. */
export interface PendingWill {
  readonly message: Message;
  /** Seconds. */
  readonly delayInterval: number;
  /** Milliseconds since 1970; undefined while connected. */
  dueAt: number | undefined;
}

/** How a connection sets up the session that it opens. */
export interface SessionOpening {
  readonly protocolVersion: ProtocolVersion;
  readonly username: string | undefined;
  /** Seconds. */
  readonly expiryInterval: number;
  readonly will: PendingWill | undefined;
  readonly maxInflight: number;
}

export class Session {
  readonly clientId: string;
  readonly createdAt: number;
  readonly outgoing: Outgoing;
  readonly subscriptions: Map<string, Subscription> = new Map();
  /** Identifiers of QoS 2 messages from the client that were taken and wait for PUBREL. */
  readonly incoming: PacketIds = new PacketIds();
  username: string | undefined;
  protocolVersion: ProtocolVersion = 4;
  expiryInterval = 0;
  connectedAt: number;
  disconnectedAt: number | undefined;
  subscriptionsTotal = 0;
  will: PendingWill | undefined;
  /** Runs while disconnected: the end of the session, or the will's delay. @internal to the registry */
  expiryTimer: WheelTimer | null = null;
  willTimer: WheelTimer | null = null;
  #link: SessionLink | null = null;
  #maxInflight = 0;
  #ended = false;
  #stored = false;
  readonly #services: SessionServices;

  constructor(clientId: string, createdAt: number, services: SessionServices) {
    this.clientId = clientId;
    this.createdAt = createdAt;
    this.connectedAt = createdAt;
    this.#services = services;
    this.outgoing = new Outgoing(clientId, services);
  }

  get connected(): boolean {
    return this.#link !== null;
  }

  get link(): SessionLink | null {
    return this.#link;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** What the store is told survives the connection. */
  get persistent(): boolean {
    return this.outgoing.persistent;
  }

  /** A connection has been accepted for this session; nothing is sent before `resume`. */
  open(opening: SessionOpening, now: number): void {
    this.protocolVersion = opening.protocolVersion;
    this.username = opening.username;
    this.will = opening.will;
    this.connectedAt = now;
    this.disconnectedAt = undefined;
    this.#maxInflight = opening.maxInflight;
    this.setExpiryInterval(opening.expiryInterval);
  }

  /** Starts sending on a connection: first what was unacknowledged, then what waited. */
  resume(link: SessionLink): void {
    this.#link = link;
    this.outgoing.attach(link);
  }

  /** The connection is gone. */
  detach(now: number): void {
    this.#link = null;
    this.disconnectedAt = now;
    this.outgoing.detach(this.expiryInterval > 0);
  }

  /**
   * Seconds. With 0 the session ends with its connection, and the store does not hear of it unless it has it already.
   */
  setExpiryInterval(seconds: number): void {
    this.expiryInterval = seconds;
    this.outgoing.persistent = this.#services.journal.durable && (seconds > 0 || this.#stored);
  }

  /** Hands the state without its lists to the store. */
  save(): void {
    // A will goes out even if the broker dies meanwhile, so it is stored also for a session that is not.
    if (!this.#services.journal.durable || !(this.persistent || this.#stored || this.will !== undefined)) return;
    this.#stored = true;
    this.#services.journal.record({ type: "session-put", session: this.toStored() });
  }

  /** It came from the store; `setExpiryInterval` follows. */
  markStored(): void {
    this.#stored = true;
  }

  /** A QoS 2 message was taken [MQTT-4.3.3-10]. */
  addIncoming(packetId: number): void {
    this.incoming.add(packetId);
    if (this.persistent) this.#services.journal.record({ type: "incoming-put", clientId: this.clientId, packetId });
  }

  /** PUBREL: the identifier is free. False when it was not waiting. */
  releaseIncoming(packetId: number): boolean {
    if (!this.incoming.delete(packetId)) return false;
    if (this.persistent) this.#services.journal.record({ type: "incoming-delete", clientId: this.clientId, packetId });
    return true;
  }

  /** @internal the registry ends sessions */
  end(): void {
    this.#ended = true;
    if (this.#stored) this.#services.journal.record({ type: "session-delete", clientId: this.clientId });
    this.expiryTimer?.cancel();
    this.willTimer?.cancel();
    this.outgoing.persistent = false;
    this.outgoing.clear();
    this.incoming.clear();
    this.#link = null;
  }

  /** The store has it, or is about to. */
  get stored(): boolean {
    return this.#stored;
  }

  /** Everything that a store which has lost it needs to know. */
  toMemory(): SessionMemory {
    const session = this.toStored();
    if (!this.persistent) return { session, subscriptions: [], incomingPacketIds: [], ...NOTHING_OWED };
    return {
      session,
      subscriptions: [...this.subscriptions.values()].map((subscription) => subscription.toStored()),
      incomingPacketIds: [...this.incoming],
      ...this.outgoing.toMemory(),
    };
  }

  toStored(): StoredSession {
    return {
      clientId: this.clientId,
      username: this.username,
      protocolVersion: this.protocolVersion,
      expiryInterval: this.expiryInterval,
      createdAt: this.createdAt,
      disconnectedAt: this.disconnectedAt,
      will: this.will === undefined ? undefined : { ...this.will },
    };
  }

  toInfo(): SessionInfo {
    return {
      clientId: this.clientId,
      username: this.username,
      protocolVersion: this.protocolVersion,
      connected: this.connected,
      createdAt: this.createdAt,
      connectedAt: this.connectedAt,
      disconnectedAt: this.disconnectedAt,
      expiryInterval: this.expiryInterval,
      maxInflight: this.#maxInflight,
      inflightLength: this.outgoing.inflightLength,
      maxQueue: this.#services.config.mqtt.maxQueuedMessages,
      queueLength: this.outgoing.queueLength,
      subscriptionsCurrent: this.subscriptions.size,
      subscriptionsTotal: this.subscriptionsTotal,
      hasWill: this.will !== undefined,
      will: this.will && willInfo(this.will),
    };
  }
}

function willInfo({ delayInterval, message }: PendingWill): WillInfo {
  const { payloadLength, qos, retain, topic } = message;
  return { topic, qos, retain, payloadLength, delayInterval };
}
