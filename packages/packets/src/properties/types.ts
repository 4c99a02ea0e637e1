/** What the property maps of the packets have in common (MQTT 5.0, section 2.2.2). */

/** A user property; names may repeat and order counts. */
export type UserProperty = readonly [name: string, value: string];

/** Properties of the packets that only answer: PUBACK to PUBCOMP, SUBACK, UNSUBACK. */
export interface AckProperties {
  /** Text for people and logs; never parsed by programs. */
  readonly reasonString?: string | undefined;
  readonly userProperties?: readonly UserProperty[] | undefined;
}

/** Every property of every packet under one roof: what the property reader fills and the writer takes. */
export interface AnyProperties {
  payloadFormatIndicator?: 0 | 1 | undefined;
  messageExpiryInterval?: number | undefined;
  contentType?: string | undefined;
  responseTopic?: string | undefined;
  correlationData?: Uint8Array | undefined;
  subscriptionIdentifier?: number | undefined;
  subscriptionIdentifiers?: readonly number[] | undefined;
  sessionExpiryInterval?: number | undefined;
  assignedClientIdentifier?: string | undefined;
  serverKeepAlive?: number | undefined;
  authenticationMethod?: string | undefined;
  authenticationData?: Uint8Array | undefined;
  requestProblemInformation?: boolean | undefined;
  willDelayInterval?: number | undefined;
  requestResponseInformation?: boolean | undefined;
  responseInformation?: string | undefined;
  serverReference?: string | undefined;
  reasonString?: string | undefined;
  receiveMaximum?: number | undefined;
  topicAliasMaximum?: number | undefined;
  topicAlias?: number | undefined;
  maximumQoS?: 0 | 1 | undefined;
  retainAvailable?: boolean | undefined;
  userProperties?: readonly UserProperty[] | undefined;
  maximumPacketSize?: number | undefined;
  wildcardSubscriptionAvailable?: boolean | undefined;
  subscriptionIdentifierAvailable?: boolean | undefined;
  sharedSubscriptionAvailable?: boolean | undefined;
}
