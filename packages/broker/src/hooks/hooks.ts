/** The nineteen hooks: what the broker asks its plugins, and tells them. */

import type {
  AuthPacket,
  ConnectPacket,
  MqttError,
  PublishPacket,
  QoS,
  SubscribePacket,
  SubscriptionRequest,
  UnsubscribePacket,
} from "@gmqtt/packets";
import type { Awaitable } from "../awaitable.ts";
import type { AuthOptions, Client } from "../client/client-view.ts";
import type { TransportInfo } from "../listeners/transport.ts";
import type { Message } from "../message.ts";
import type { StoredSubscription } from "../persistence/persistence.ts";
import type { DropReason, SessionEndReason } from "../stats/reasons.ts";

/** Which kinds of subscription a message is matched against. All default to true. */
export interface IterationOptions {
  /** Subscriptions whose filter starts with `$` (not `$share/`). */
  system: boolean;
  shared: boolean;
  nonShared: boolean;
}

/** CONNECT without an Authentication Method. Refuse by throwing or returning an `MqttError`. */
export interface BasicAuthRequest {
  readonly connect: ConnectPacket;
  /** What this client will be allowed; change it as needed. */
  readonly options: AuthOptions;
}

/** CONNECT with an Authentication Method (5.0 section 4.12). */
export interface EnhancedAuthRequest extends BasicAuthRequest {
  readonly method: string;
  readonly data: Uint8Array | undefined;
}

/** One step of an enhanced authentication. */
export interface AuthStep {
  /** True: AUTH 0x18 goes to the client, and its answer comes to `onAuth`. False: authentication succeeded. */
  readonly continue: boolean;
  /** Authentication Data for the client, in AUTH or in the CONNACK. */
  readonly authData?: Uint8Array;
}

/** The first step; `onAuth` answers the client's following AUTH packets. */
export interface EnhancedAuthStep extends AuthStep {
  readonly onAuth?: (packet: AuthPacket) => Awaitable<AuthStep>;
}

/** AUTH 0x19 on a connected client, and the AUTH packets that follow it. */
export interface ReAuthRequest {
  readonly packet: AuthPacket;
  readonly method: string;
  readonly data: Uint8Array | undefined;
}

/** SUBSCRIBE. What is decided for one filter does not touch the others; throwing refuses all of them. */
export interface SubscribeRequest {
  readonly packet: SubscribePacket;
  /** By filter: what was asked for. A filter asked for twice stands here once, as it came last. */
  readonly subscriptions: ReadonlyMap<string, SubscriptionRequest>;
  /** Lowers the QoS that is granted; never raises it. */
  grantQoS(filter: string, qos: QoS): void;
  /** Refuses one filter with the error's reason code. */
  reject(filter: string, error: MqttError): void;
  /** Sets the Subscription Identifier of all filters, 1 to 268435455; 0 takes it away. */
  setSubscriptionIdentifier(identifier: number): void;
}

/** UNSUBSCRIBE. */
export interface UnsubscribeRequest {
  readonly packet: UnsubscribePacket;
  /** Keeps the subscription and answers with the error's reason code. */
  reject(filter: string, error: MqttError): void;
}

/** A message has arrived: allow (do nothing), change `message`, `drop()`, or refuse by throwing an `MqttError`. */
export interface MsgArrivedRequest {
  /** The PUBLISH; undefined for a message of `publisher.publish`. */
  readonly packet: PublishPacket | undefined;
  /** What is going to be retained and routed. */
  message: Message;
  readonly iterationOptions: IterationOptions;
  /** The message goes nowhere; the publisher gets a normal acknowledgement. */
  drop(): void;
}

/** A will is about to be published; allow, change or drop it. */
export interface WillPublishRequest {
  message: Message;
  readonly iterationOptions: IterationOptions;
  drop(): void;
}

/** What a deciding hook answers: nothing when it allows, an `MqttError` (returned or thrown) when it refuses. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that allows just returns
export type Verdict = void | MqttError;

/** All hooks by name. Where a hook refuses, it throws (or rejects with) an `MqttError`; anything else thrown refuses too. */
export interface Hooks {
  /** A connection was opened, before any byte is read; false closes it. */
  onAccept(connection: TransportInfo): Awaitable<boolean>;
  /** The broker stops; connections are already closed. */
  onStop(): Awaitable<void>;
  onBasicAuth(client: Client, request: BasicAuthRequest): Awaitable<Verdict>;
  onEnhancedAuth(client: Client, request: EnhancedAuthRequest): Awaitable<EnhancedAuthStep | MqttError>;
  onReAuth(client: Client, request: ReAuthRequest): Awaitable<AuthStep | MqttError>;
  onConnected(client: Client): Awaitable<void>;
  onSessionCreated(client: Client): Awaitable<void>;
  onSessionResumed(client: Client): Awaitable<void>;
  onSessionTerminated(clientId: string, reason: SessionEndReason): Awaitable<void>;
  onSubscribe(client: Client, request: SubscribeRequest): Awaitable<Verdict>;
  /** Called for each subscription that was made. */
  onSubscribed(client: Client, subscription: StoredSubscription): Awaitable<void>;
  onUnsubscribe(client: Client, request: UnsubscribeRequest): Awaitable<Verdict>;
  onUnsubscribed(client: Client, filter: string): Awaitable<void>;
  /** `client` is null for a message of `publisher.publish`. */
  onMsgArrived(client: Client | null, request: MsgArrivedRequest): Awaitable<Verdict>;
  /** A message was written to a client; called in the hot path, so keep it short. */
  onDelivered(client: Client, message: Message): Awaitable<void>;
  onMsgDropped(clientId: string, message: Message, reason: DropReason): Awaitable<void>;
  onWillPublish(clientId: string, request: WillPublishRequest): Awaitable<void>;
  onWillPublished(clientId: string, message: Message): Awaitable<void>;
  /** The connection is gone; `error` says why, undefined after a normal DISCONNECT. */
  onClosed(client: Client, error: Error | undefined): Awaitable<void>;
}

/** What a plugin wraps: for each hook it cares about, a function that makes its own out of the next one. */
export type HookWrapper = { readonly [K in keyof Hooks]?: (next: Hooks[K]) => Hooks[K] };

/** The composed chain: a hook that nobody wraps is undefined, and costs nothing. */
export type ComposedHooks = { readonly [K in keyof Hooks]: Hooks[K] | undefined };
