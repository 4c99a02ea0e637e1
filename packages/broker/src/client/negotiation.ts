/** From what a client asks and the broker allows to what holds for the connection, and how the CONNACK says it. */

import type { ConnackProperties, ConnectPacket } from "@gmqtt/packets";
import type { BrokerConfig } from "../config/index.ts";
import type { AuthOptions, ClientOptions } from "./client-view.ts";

/** The protocol itself allows no more; saying so would be an error with some clients. */
const LARGEST_ANNOUNCED = 268435455;

/** What a client is allowed before a hook says otherwise. */
export function defaultAuthOptions(connect: ConnectPacket, config: BrokerConfig): AuthOptions {
  const { mqtt } = config;
  return {
    username: connect.username,
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
  return defined({
    sessionExpiryInterval: options.sessionExpiry === requestedExpiry(connect) ? undefined : options.sessionExpiry,
    receiveMaximum: options.receiveMax < 65535 ? options.receiveMax : undefined,
    maximumQoS: options.maximumQoS === 2 ? undefined : options.maximumQoS,
    retainAvailable: options.retainAvailable ? undefined : false,
    maximumPacketSize: options.maxPacketSize < LARGEST_ANNOUNCED ? options.maxPacketSize : undefined,
    assignedClientIdentifier: connect.clientId === "" ? options.clientId : undefined,
    topicAliasMaximum: options.topicAliasMax > 0 ? options.topicAliasMax : undefined,
    userProperties: allowed.userProperties.length > 0 ? allowed.userProperties : undefined,
    wildcardSubscriptionAvailable: options.wildcardSubAvailable ? undefined : false,
    subscriptionIdentifierAvailable: options.subIdAvailable ? undefined : false,
    sharedSubscriptionAvailable: options.sharedSubAvailable ? undefined : false,
    serverKeepAlive: options.keepAlive === connect.keepAlive ? undefined : options.keepAlive,
    responseInformation,
    authenticationMethod,
    authenticationData: authenticationMethod === undefined ? undefined : authData,
  });
}

function defined(properties: { [K in keyof ConnackProperties]: ConnackProperties[K] | undefined }): ConnackProperties {
  for (const key of Object.keys(properties) as (keyof ConnackProperties)[]) {
    if (properties[key] === undefined) delete properties[key];
  }
  return properties as ConnackProperties;
}
