/** What a store is: the contract between the broker and whatever keeps its state over a restart. */

import type { ProtocolVersion, QoS, RetainHandling } from "@gmqtt/packets";
import type { Awaitable } from "../awaitable.ts";
import type { MessageProperties } from "../message.ts";

/** A message as a store sees it. Many deliveries may share one object: a store may keep it once. */
export interface StoredMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: MessageProperties | undefined;
  /** Client identifier of the publisher, "" for the broker itself. */
  readonly publisher: string;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

/** A will waits in its session: while connected for the connection to end, afterwards for `dueAt`. */
export interface StoredWill {
  readonly message: StoredMessage;
  /** Will Delay Interval in seconds. */
  readonly delayInterval: number;
  /** When it is to be published, milliseconds since 1970; undefined while its connection is open. */
  readonly dueAt: number | undefined;
}

/** A session without its lists. */
export interface StoredSession {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly protocolVersion: ProtocolVersion;
  /** Seconds; 4294967295 means never. */
  readonly expiryInterval: number;
  readonly createdAt: number;
  /** Milliseconds since 1970; undefined while connected. A session found connected at a start was cut off by a crash. */
  readonly disconnectedAt: number | undefined;
  readonly will: StoredWill | undefined;
}

/** A subscription as asked for and granted. */
export interface StoredSubscription {
  /** As in SUBSCRIBE, `$share/...` included. */
  readonly filter: string;
  /** The granted maximum QoS. */
  readonly qos: QoS;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: RetainHandling;
  /** 0: none. */
  readonly subscriptionIdentifier: number;
}

/** How far an outgoing message is: waiting, PUBLISH sent, or PUBREL sent. */
export type DeliveryState = "queued" | "published" | "released";

/** One message that one session is owed. As with its message, name what you keep of it: the broker's own have getters. */
export interface StoredDelivery {
  /** Place in the session's outgoing order; rises, never reused within a session. */
  readonly sequence: number;
  readonly message: StoredMessage;
  /** The QoS it is delivered with. */
  readonly qos: QoS;
  /** The RETAIN flag it is delivered with. */
  readonly retain: boolean;
  readonly subscriptionIdentifiers: readonly number[] | undefined;
  /** The `$share/...` filter it came through, so that it can go to another member; undefined for all others. */
  readonly sharedFilter: string | undefined;
  readonly queuedAt: number;
  readonly state: DeliveryState;
  /** 0 while queued. */
  readonly packetId: number;
}

/** One step of state; a batch of them is what a store commits. All are idempotent: a batch may be repeated. */
export type StoreChange =
  | { readonly type: "session-put"; readonly session: StoredSession }
  /** Removes the session with everything that belongs to it. */
  | { readonly type: "session-delete"; readonly clientId: string }
  | { readonly type: "subscription-put"; readonly clientId: string; readonly subscription: StoredSubscription }
  | { readonly type: "subscription-delete"; readonly clientId: string; readonly filter: string }
  /** A new sequence; the same one comes again only when a batch is repeated. */
  | { readonly type: "delivery-put"; readonly clientId: string; readonly delivery: StoredDelivery }
  | {
      readonly type: "delivery-state";
      readonly clientId: string;
      readonly sequence: number;
      readonly state: DeliveryState;
      readonly packetId: number;
    }
  | { readonly type: "delivery-delete"; readonly clientId: string; readonly sequence: number }
  /** A QoS 2 message of the client was taken; its identifier waits for PUBREL. */
  | { readonly type: "incoming-put"; readonly clientId: string; readonly packetId: number }
  | { readonly type: "incoming-delete"; readonly clientId: string; readonly packetId: number }
  | { readonly type: "retained-put"; readonly message: StoredMessage }
  | { readonly type: "retained-delete"; readonly topic: string };

/** A session as a start finds it; its deliveries are read later, page by page. */
export interface RestoredSession {
  readonly session: StoredSession;
  readonly subscriptions: readonly StoredSubscription[];
  /** Identifiers of QoS 2 messages taken and not yet released. */
  readonly incomingPacketIds: readonly number[];
  /** How many deliveries are stored. */
  readonly deliveries: number;
  /** Highest sequence ever stored for this session, 0 when none was. */
  readonly lastSequence: number;
}

/** A session as the broker has it in memory, for a store that has lost its own. */
export interface SessionMemory {
  readonly session: StoredSession;
  readonly subscriptions: readonly StoredSubscription[];
  readonly incomingPacketIds: readonly number[];
  /** Deliveries in memory, in rising order. All that are stored up to `readUpTo` are among them. */
  readonly deliveries: readonly StoredDelivery[];
  readonly readUpTo: number;
  /** How many deliveries, with a sequence above `readUpTo`, only the store has. */
  readonly onlyStored: number;
  readonly lastSequence: number;
}

/**
 * The broker's memory, read by a store that came back with less than it had. It changes while it is read; what changes is
 * also in commits, so the memory is written first and what is pending after it.
 */
export interface BrokerMemory {
  /** Sessions that the store has to know. */
  sessions(): Iterable<SessionMemory>;
  retained(): Iterable<StoredMessage>;
}

/**
 * Keeps sessions, subscriptions, deliveries, retained messages and wills. The contract, checked by `describePersistence`
 * of `@gmqtt/testing`:
 *
 * 1. `commit` is called with all changes of an event-loop turn, in order. What it answers (or resolves) means: a crash of
 *    broker or store from now on loses none of them. Commits complete in the order of their calls.
 * 2. A read sees every commit that was called before it.
 * 3. A store that is away keeps a commit pending until it is back. Rejecting means that the batch was not stored, and neither
 *    was any that was called behind it and not yet answered: what is stored is always a prefix. The broker calls them again,
 *    in the same order.
 * 4. A store that came back with less than it had reads the broker's memory, and is as before.
 */
export interface Persistence {
  /** False: nothing survives, `commit` is never called and acknowledgements wait for nothing. */
  readonly durable: boolean;
  /**
   * Connects; rejects when the store can't be used, which ends the start of the broker. `memory` can be read for as long
   * as the store is open.
   */
  open(memory?: BrokerMemory): Awaitable<void>;
  /** All sessions, in pages of the store's choosing. Read once, before listening. */
  sessions(): AsyncIterable<readonly RestoredSession[]>;
  /** All retained messages, in pages. Read once, before listening. */
  retained(): AsyncIterable<readonly StoredMessage[]>;
  /** At most `limit` deliveries of a session with a sequence above `after`, in rising order. */
  deliveries(clientId: string, after: number, limit: number): Awaitable<readonly StoredDelivery[]>;
  commit(changes: readonly StoreChange[]): Awaitable<void>;
  /** Told whenever the store becomes unusable or usable again; `ready` of the broker follows it. */
  onAvailability?(listener: (available: boolean) => void): void;
  /** Called after the last commit has settled. */
  close(): Awaitable<void>;
}
