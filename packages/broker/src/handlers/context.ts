/** What handlers work on: the client a packet came from, and the broker around it. */

import type { ProtocolVersion } from "@gmqtt/packets";
import type { Client, ClientOptions } from "../client/client-view.ts";
import type { Connection } from "../connection/connection.ts";
import type { ComposedHooks } from "../hooks/hooks.ts";
import type { RetainedMessages } from "../router/retained.ts";
import type { Router } from "../router/router.ts";
import type { SubscriptionTable } from "../router/subscriptions.ts";
import type { Outgoing } from "../session/outgoing.ts";
import type { SessionRegistry } from "../session/registry.ts";
import type { Session } from "../session/session.ts";
import type { SessionServices } from "../session/session-services.ts";
import type { DeliveryTimes } from "../stats/delivery-times.ts";
import type { TrafficCounters } from "../stats/stats.ts";
import type { IncomingAliases } from "./incoming-aliases.ts";

/** The broker as handlers see it. */
export interface BrokerServices extends SessionServices {
  readonly hooks: ComposedHooks;
  readonly router: Router;
  readonly subscriptions: SubscriptionTable;
  readonly retained: RetainedMessages;
  readonly sessions: SessionRegistry;
  readonly traffic: TrafficCounters;
  readonly deliveryTimes: DeliveryTimes;
}

/** A connected client as handlers see it. */
export interface ClientContext {
  readonly broker: BrokerServices;
  readonly connection: Connection;
  readonly session: Session;
  /** The session's; every acknowledgement asks for it. */
  readonly outgoing: Outgoing;
  readonly options: ClientOptions;
  readonly version: ProtocolVersion;
  readonly aliases: IncomingAliases;
  /** The client as hooks see it. */
  readonly view: Client;
  /** QoS 1 and 2 messages from the client that are not finished on this connection. */
  readonly unfinished: number;
  /** A PUBREL for an identifier from before this connection: it never counted. */
  forgetCarried(packetId: number): void;
  /** The largest session expiry interval this client may have, in seconds. */
  readonly sessionExpiryLimit: number;
  /** The topic this client published to last, once it was checked: most publish to few. */
  checkedTopic: string;
  /** Charges a PUBLISH to the client's rate limits; throws `ProtocolError` 0x96 when they are exceeded. */
  charge(bytes: number): void;
  /** Ends the connection; with `normal` the will is dropped. `error` is why, if not because the client says so. */
  leave(normal: boolean, error?: Error): void;
}
