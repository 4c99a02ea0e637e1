/** A client as hooks and services see it. */

import type { DisconnectPacket, ProtocolVersion, QoS, UserProperty } from "@gmqtt/packets";
import type { TransportInfo } from "../listeners/transport.ts";
import type { ClientStats } from "../stats/stats.ts";

/** What `onBasicAuth` and `onEnhancedAuth` may change for the client that connects. Starts from the configuration. */
export interface AuthOptions {
  /** Replaces the user name of the CONNECT, for example by a claim of a token. */
  username: string | undefined;
  /** Largest session expiry interval granted, in seconds. */
  sessionExpiry: number;
  /** QoS 1 and 2 messages the client may have open towards the broker. */
  receiveMax: number;
  maximumQoS: QoS;
  /** Largest packet taken from the client, in bytes. */
  maxPacketSize: number;
  topicAliasMax: number;
  retainAvailable: boolean;
  wildcardSubAvailable: boolean;
  subIdAvailable: boolean;
  sharedSubAvailable: boolean;
  /** Keep alive in seconds; when it differs from what the client asked, 5.0 clients are told. */
  keepAlive: number;
  /** For the CONNACK of 5.0. */
  userProperties: readonly UserProperty[];
  /** Client identifier for a client that sent none; made by the broker when undefined. */
  assignedClientId: string | undefined;
  /** Response Information for 5.0 clients that ask for it. */
  responseInfo: string | undefined;
  /** Outgoing QoS 1 and 2 messages without acknowledgement. */
  maxInflight: number;
}

/** What holds for a connected client, as negotiated. */
export interface ClientOptions {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly cleanStart: boolean;
  /** Seconds; 0: none. */
  readonly keepAlive: number;
  /** Seconds; 4294967295: never. */
  readonly sessionExpiry: number;
  /** QoS 1 and 2 messages the client may have open towards the broker. */
  readonly receiveMax: number;
  readonly maximumQoS: QoS;
  readonly maxPacketSize: number;
  readonly topicAliasMax: number;
  readonly retainAvailable: boolean;
  readonly wildcardSubAvailable: boolean;
  readonly subIdAvailable: boolean;
  readonly sharedSubAvailable: boolean;
  /** Outgoing QoS 1 and 2 messages without acknowledgement: the smaller of configuration and the client's Receive Maximum. */
  readonly maxInflight: number;
  /** Largest packet the client takes, in bytes. */
  readonly clientMaxPacketSize: number;
  readonly clientTopicAliasMax: number;
  readonly requestProblemInformation: boolean;
  readonly authenticationMethod: string | undefined;
}

/** The session of a client or of one that is away. */
export interface SessionInfo {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly protocolVersion: ProtocolVersion;
  readonly connected: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly connectedAt: number;
  /** Milliseconds since 1970; undefined while connected. */
  readonly disconnectedAt: number | undefined;
  /** Seconds. */
  readonly expiryInterval: number;
  readonly maxInflight: number;
  readonly inflightLength: number;
  readonly maxQueue: number;
  readonly queueLength: number;
  readonly subscriptionsCurrent: number;
  readonly subscriptionsTotal: number;
  readonly hasWill: boolean;
  /** What is published when the client is lost; undefined without a will. */
  readonly will: WillInfo | undefined;
}

/** The will of a session. */
export interface WillInfo {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Bytes. */
  readonly payloadLength: number;
  /** Seconds between the end of the connection and the will. */
  readonly delayInterval: number;
}

/** A connection that speaks MQTT. Before CONNECT was accepted `options.clientId` is what the CONNECT asked for. */
export interface Client {
  readonly options: ClientOptions;
  readonly protocolVersion: ProtocolVersion;
  readonly connection: TransportInfo;
  /** Milliseconds since 1970. */
  readonly connectedAt: number;
  /** undefined before the CONNECT was accepted. */
  readonly session: SessionInfo | undefined;
  readonly stats: ClientStats;
  /** Closes without DISCONNECT; the will is published. */
  close(): void;
  /** Sends DISCONNECT (5.0; default: 0x98 administrative action) and closes; the will is published. */
  disconnect(packet?: Partial<Pick<DisconnectPacket, "reasonCode" | "properties">>): void;
}
