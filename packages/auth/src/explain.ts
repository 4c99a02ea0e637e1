/** Which rule decides: answered for management APIs, with nothing happening. */

import { type ExplainAnswer, type ExplainQuestion, ReasonCode, type Server } from "@gmqtt/broker";
import type { Decision } from "./access/access-list.ts";
import type { Identities } from "./access/identities.ts";
import type { Setup } from "./setup.ts";

/** Answers with the rules in force; undefined where there are none. */
export function explain(
  question: ExplainQuestion,
  setup: Setup,
  identities: Identities,
  server: Server | undefined,
): ExplainAnswer | undefined {
  if (question.action === "connect") return explainConnect(question, setup);
  if (!identities.active) return undefined;
  const { action, certificateCommonName, clientId, remoteAddress, topic, username } = question;
  const client = server?.clientService.getClient(clientId);
  const address = remoteAddress === "" ? undefined : remoteAddress;
  const subject = { clientId, username, address, commonName: certificateCommonName };
  // A client that is here may have rules of its login's.
  const same = client !== undefined && client.options.username === username;
  const list = same ? identities.ofClient(client) : identities.listFor(subject, undefined);
  if (list === undefined) return undefined;
  if (action === "publish") return answer(list.publish(topic), question);
  const asked = { ...question, retain: false, qos: 0 as const };
  if (action !== "subscribe") return answer(list.receive(topic), asked);
  const decision = list.subscribe(topic);
  if (!decision.allowed || decision.whole) return answer(decision, asked);
  return answer({ ...decision, rule: `${decision.rule}; of ${topic} only what the rules allow is delivered` }, asked);
}

function explainConnect({ remoteAddress, username }: ExplainQuestion, setup: Setup): ExplainAnswer {
  if (username === undefined) {
    if (setup.config.allow_anonymous) return { decision: "allow", rule: "allow_anonymous: true" };
    return { decision: "deny", rule: "allow_anonymous: false", reasonCode: ReasonCode.NotAuthorized };
  }
  const wait = setup.throttle.waitFor(remoteAddress, username);
  if (wait > 0) {
    const rule = `throttle: too many failed logins, next try in ${Math.ceil(wait / 1000)} s`;
    return { decision: "deny", rule, reasonCode: ReasonCode.ConnectionRateExceeded };
  }
  const known = setup.accounts.accounts.has(username);
  const rule = known ? `account ${username}: depends on the password` : `no account ${username} in the password file`;
  const only = setup.config.jwt === undefined && setup.config.http === undefined;
  if (known || !only) return { decision: "unknown", rule };
  return { decision: "deny", rule, reasonCode: ReasonCode.BadUserNameOrPassword };
}

function answer({ allowed, maxQoS, retain, rule }: Decision, question: ExplainQuestion): ExplainAnswer {
  const beyond = question.qos > maxQoS ? `${rule}: at most QoS ${maxQoS}` : `${rule}: not retained`;
  if (!allowed) return { decision: "deny", rule, reasonCode: ReasonCode.NotAuthorized };
  if (question.qos > maxQoS || (question.retain && !retain)) {
    return { decision: "deny", rule: beyond, reasonCode: ReasonCode.NotAuthorized };
  }
  return { decision: "allow", rule, ...(maxQoS < 2 ? { maximumQoS: maxQoS } : {}) };
}
