/** The checks that the broker makes itself, before it asks any plugin; each says what it looked at. */

import {
  type ClientOptions,
  type ExplainQuestion,
  isValidTopicName,
  parseTopicFilter,
  ReasonCode,
  type Server,
} from "@gmqtt/broker";

/** What a check found. */
export interface Check {
  readonly allowed: boolean;
  readonly rule: string;
  readonly reasonCode?: ReasonCode;
}

/** What a client may use: what was negotiated, or the configuration for one that is not there. */
type Offered = Pick<ClientOptions, "maximumQoS" | "retainAvailable" | "wildcardSubAvailable" | "sharedSubAvailable"> & {
  readonly negotiated: boolean;
};

/** In the order in which the broker makes them. */
export function brokerChecks(server: Server, question: ExplainQuestion): Check[] {
  if (question.action === "connect") return connectChecks(server, question);
  const offered = offeredTo(server, question.clientId);
  return question.action === "subscribe"
    ? subscribeChecks(server, question, offered)
    : publishChecks(server, question, offered);
}

function connectChecks({ clientService, config, statsManager }: Server, { clientId }: ExplainQuestion): Check[] {
  const { limits, mqtt } = config;
  const isNew = clientService.getSession(clientId) === undefined;
  return [
    check(
      `mqtt.allow_zero_length_clientid is ${mqtt.allowZeroLengthClientid}`,
      clientId !== "" || mqtt.allowZeroLengthClientid,
      ReasonCode.ClientIdentifierNotValid,
    ),
    atMost(
      "limits.max_clientid_length",
      Buffer.byteLength(clientId),
      limits.maxClientidLength,
      ReasonCode.ClientIdentifierNotValid,
    ),
    below(
      "limits.max_connections",
      statsManager.population.connectionsOpen,
      limits.maxConnections,
      ReasonCode.QuotaExceeded,
    ),
    ...(isNew
      ? [below("limits.max_sessions", clientService.sessionCount, limits.maxSessions, ReasonCode.QuotaExceeded)]
      : []),
  ];
}

function subscribeChecks(server: Server, { clientId, topic }: ExplainQuestion, offered: Offered): Check[] {
  const { limits } = server.config;
  const parsed = parseTopicFilter(topic);
  if (parsed === undefined) return [refusal(`${topic} is not a topic filter`, ReasonCode.TopicFilterInvalid)];
  const checks = [
    check(`${topic} is a topic filter`, true),
    ...sizeChecks(server, topic, ReasonCode.TopicFilterInvalid),
  ];
  if (parsed.hasWildcard) {
    checks.push(
      check(
        feature("wildcard_subscription_available", offered.wildcardSubAvailable, offered),
        offered.wildcardSubAvailable,
        ReasonCode.WildcardSubscriptionsNotSupported,
      ),
    );
  }
  if (parsed.shareName !== undefined) {
    checks.push(
      check(
        feature("shared_subscription_available", offered.sharedSubAvailable, offered),
        offered.sharedSubAvailable,
        ReasonCode.SharedSubscriptionsNotSupported,
      ),
    );
  }
  const count = server.clientService.getSession(clientId)?.subscriptionsCurrent ?? 0;
  checks.push(
    below("limits.max_subscriptions_per_client", count, limits.maxSubscriptionsPerClient, ReasonCode.QuotaExceeded),
  );
  return checks;
}

function publishChecks(server: Server, { qos, retain, topic }: ExplainQuestion, offered: Offered): Check[] {
  if (!isValidTopicName(topic)) return [refusal(`${topic} is not a topic name`, ReasonCode.TopicNameInvalid)];
  const isServers = topic === "$SYS" || topic.startsWith("$SYS/");
  const { maximumQoS, retainAvailable } = offered;
  const checks = [
    check(feature("maximum_qos", maximumQoS, offered), qos <= maximumQoS, ReasonCode.QoSNotSupported),
    check(isServers ? "$SYS is the broker's own" : `${topic} is a topic name`, !isServers, ReasonCode.NotAuthorized),
    ...sizeChecks(server, topic, ReasonCode.TopicNameInvalid),
  ];
  if (retain) {
    checks.splice(
      1,
      0,
      check(feature("retain_available", retainAvailable, offered), retainAvailable, ReasonCode.RetainNotSupported),
    );
  }
  return checks;
}

function sizeChecks({ config: { limits } }: Server, topic: string, reasonCode: ReasonCode): Check[] {
  return [
    atMost("limits.max_topic_length", Buffer.byteLength(topic), limits.maxTopicLength, reasonCode),
    atMost("limits.max_topic_levels", topic.split("/").length, limits.maxTopicLevels, reasonCode),
  ];
}

function offeredTo({ clientService, config: { mqtt } }: Server, clientId: string): Offered {
  const options = clientService.getClient(clientId)?.options;
  if (options !== undefined) {
    const { maximumQoS, retainAvailable, sharedSubAvailable, wildcardSubAvailable } = options;
    return { maximumQoS, retainAvailable, sharedSubAvailable, wildcardSubAvailable, negotiated: true };
  }
  return {
    maximumQoS: mqtt.maximumQos,
    retainAvailable: mqtt.retainAvailable,
    wildcardSubAvailable: mqtt.wildcardSubscriptionAvailable,
    sharedSubAvailable: mqtt.sharedSubscriptionAvailable,
    negotiated: false,
  };
}

function feature(key: string, value: unknown, { negotiated }: Offered): string {
  return `mqtt.${key} is ${value}${negotiated ? " for this connection" : ""}`;
}

function atMost(key: string, value: number, limit: number, reasonCode: ReasonCode): Check {
  return check(`${key} is ${limit}, this is ${value}`, value <= limit, reasonCode);
}

function below(key: string, value: number, limit: number, reasonCode: ReasonCode): Check {
  return check(`${key} is ${limit}, there are ${value}`, value < limit, reasonCode);
}

function check(rule: string, allowed: boolean, reasonCode?: ReasonCode): Check {
  return allowed || reasonCode === undefined ? { allowed, rule } : { allowed, rule, reasonCode };
}

function refusal(rule: string, reasonCode: ReasonCode): Check {
  return { allowed: false, rule, reasonCode };
}
