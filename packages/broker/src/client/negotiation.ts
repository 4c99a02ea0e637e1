/** From what a client asks and the broker allows to what holds for the connection, and how the CONNACK says it. */

import type { ConnackProperties, ConnectPacket } from "@gmqtt/packets";
import type { BrokerConfig } from "../config/index.ts";
import type { AuthOptions, ClientOptions } from "./client-view.ts";

/** The protocol itself allows no more; saying so would be an error with some clients. */
const LARGEST_ANNOUNCED = 268435455;

/** What a client is allowed before a hook says otherwise. A certificate says who it is, whatever CONNECT says. */
export function defaultAuthOptions(
  connect: ConnectPacket,
  config: BrokerConfig,
  certificateUsername: string | undefined,
): AuthOptions {
  const { mqtt } = config;
  return {
    username: certificateUsername ?? connect.username,
    sessionExpiry: Math.min(0xffffffff, Math.ceil(mqtt.sessionExpiry / 1000)),
    receiveMax: mqtt.serverReceiveMaximum,
    maximumQoS: mqtt.maximumQos,
    maxPacketSize: mqtt.maxPacketSize,
    topicAliasMax: mqtt.topicAliasMaximum,
    retainAvailable: mqtt.retainAvailable,
    wildcardSubAvailable: mqtt.wildcardSubscriptionAvailable,
    subIdAvailable: mqtt.subscriptionIdentifierAvailable,
    sharedSubAvailable: mqtt.sharedSubscriptionAvailable,
    keepAlive: keepAlive(connect, mqtt.maxKeepalive),
    userProperties: [],
    assignedClientId: undefined,
    responseInfo: mqtt.responseInformation === "" ? undefined : mqtt.responseInformation,
    maxInflight: mqtt.maxInflight,
  };
}

/** 3.x clients can't be told another value than theirs. */
function keepAlive(connect: ConnectPacket, maximum: number): number {
  if (connect.protocolVersion !== 5) return connect.keepAlive;
  return connect.keepAlive === 0 || connect.keepAlive > maximum ? maximum : connect.keepAlive;
}

/** What holds from here on. */
export function negotiate(connect: ConnectPacket, clientId: string, allowed: AuthOptions): ClientOptions {
  const properties = connect.properties ?? {};
  return {
    clientId,
    username: allowed.username,
    cleanStart: connect.cleanStart,
    keepAlive: allowed.keepAlive,
    sessionExpiry: Math.min(requestedExpiry(connect), allowed.sessionExpiry),
    receiveMax: allowed.receiveMax,
    maximumQoS: allowed.maximumQoS,
    maxPacketSize: allowed.maxPacketSize,
    topicAliasMax: allowed.topicAliasMax,
    retainAvailable: allowed.retainAvailable,
    wildcardSubAvailable: allowed.wildcardSubAvailable,
    subIdAvailable: allowed.subIdAvailable,
    sharedSubAvailable: allowed.sharedSubAvailable,
    maxInflight: Math.min(allowed.maxInflight, properties.receiveMaximum ?? 65535),
    clientMaxPacketSize: properties.maximumPacketSize ?? Number.POSITIVE_INFINITY,
    clientTopicAliasMax: properties.topicAliasMaximum ?? 0,
    requestProblemInformation: properties.requestProblemInformation ?? true,
    authenticationMethod: properties.authenticationMethod,
  };
}

/** Seconds; a 3.x session that is not clean lives as long as it may. */
function requestedExpiry(connect: ConnectPacket): number {
  if (connect.protocolVersion === 5) return connect.properties?.sessionExpiryInterval ?? 0;
  return connect.cleanStart ? 0 : 0xffffffff;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Announces what is limited or differs from what was asked, and is silent about defaults (section 3.2.2.3). */
export function connackProperties(
  connect: ConnectPacket,
  options: ClientOptions,
  allowed: AuthOptions,
  authData: Uint8Array | undefined,
): ConnackProperties {
  const asked = connect.properties ?? {};
  const { authenticationMethod } = options;
  const responseInformation = asked.requestResponseInformation ? allowed.responseInfo : undefined;
  const properties: Writable<ConnackProperties> = {};
  if (options.sessionExpiry !== requestedExpiry(connect)) properties.sessionExpiryInterval = options.sessionExpiry;
  if (options.receiveMax < 65535) properties.receiveMaximum = options.receiveMax;
  if (options.maximumQoS !== 2) properties.maximumQoS = options.maximumQoS;
  if (!options.retainAvailable) properties.retainAvailable = false;
  if (options.maxPacketSize < LARGEST_ANNOUNCED) properties.maximumPacketSize = options.maxPacketSize;
  if (connect.clientId === "") properties.assignedClientIdentifier = options.clientId;
  if (options.topicAliasMax > 0) properties.topicAliasMaximum = options.topicAliasMax;
  if (allowed.userProperties.length > 0) properties.userProperties = allowed.userProperties;
  if (!options.wildcardSubAvailable) properties.wildcardSubscriptionAvailable = false;
  if (!options.subIdAvailable) properties.subscriptionIdentifierAvailable = false;
  if (!options.sharedSubAvailable) properties.sharedSubscriptionAvailable = false;
  if (options.keepAlive !== connect.keepAlive) properties.serverKeepAlive = options.keepAlive;
  if (responseInformation !== undefined) properties.responseInformation = responseInformation;
  if (authenticationMethod !== undefined) {
    properties.authenticationMethod = authenticationMethod;
    if (authData !== undefined) properties.authenticationData = authData;
  }
  return properties;
}
