/** Walks the way of a request: the broker's own checks, then every plugin in the order of the hooks, up to a refusal. */

import type { ExplainQuestion, Hooks, Plugin, QoS, Server } from "@gmqtt/broker";
import { Decision, type ExplainStepSchema } from "../gen/gmqtt/admin/api/explain_pb.ts";
import type { Init } from "../services/protobuf-service.ts";
import { brokerChecks } from "./broker-checks.ts";
import type { AskedAction } from "./question.ts";

/** One rule or hook and what it says. */
export type Step = Init<typeof ExplainStepSchema> & { readonly decision: Decision; readonly reasonCode: number };

/** What comes of a request. */
export interface Walk {
  readonly steps: readonly Step[];
  readonly decision: Decision;
  /** Of the refusal; 0: none. */
  readonly reasonCode: number;
  /** What plugins grant at most. */
  readonly maximumQoS: QoS;
}

const hooksOf: Readonly<Record<AskedAction, readonly (keyof Hooks)[]>> = {
  connect: ["onAccept", "onBasicAuth", "onEnhancedAuth"],
  subscribe: ["onSubscribe"],
  publish: ["onMsgArrived"],
};

const decisions: Readonly<Record<"allow" | "deny" | "unknown", Decision>> = {
  allow: Decision.ALLOW,
  deny: Decision.DENY,
  unknown: Decision.UNKNOWN,
};

export async function walk(server: Server, question: ExplainQuestion & { action: AskedAction }): Promise<Walk> {
  const steps: Step[] = [];
  for (const { allowed, reasonCode = 0, rule } of brokerChecks(server, question)) {
    steps.push({ by: "broker", decision: allowed ? Decision.ALLOW : Decision.DENY, rule, reasonCode });
    if (!allowed) return result(steps, 2);
  }
  let maximumQoS: QoS = 2;
  for (const plugin of server.plugins) {
    const asked = await ask(server, plugin, question);
    if (asked === undefined) continue;
    steps.push(asked.step);
    if (asked.maximumQoS < maximumQoS) maximumQoS = asked.maximumQoS;
    if (asked.step.decision === Decision.DENY) break;
  }
  return result(steps, maximumQoS);
}

/** undefined: the plugin has no part in it. */
async function ask(
  server: Server,
  plugin: Plugin,
  question: ExplainQuestion & { action: AskedAction },
): Promise<{ readonly step: Step; readonly maximumQoS: QoS } | undefined> {
  const hook = hooksOf[question.action].filter((name) => server.pluginsOf(name).includes(plugin.name)).join(", ");
  const by = { by: plugin.name, hook };
  let answer: Awaited<ReturnType<NonNullable<Plugin["explain"]>>>;
  try {
    answer = await plugin.explain?.(question);
  } catch (error) {
    server.logger.error({ err: error, plugin: plugin.name }, "plugin could not explain");
    const rule = "failed to explain itself";
    return { step: { ...by, decision: Decision.UNKNOWN, rule, reasonCode: 0 }, maximumQoS: 2 };
  }
  if (answer !== undefined) {
    const { decision, maximumQoS = 2, reasonCode = 0, rule } = answer;
    return { step: { ...by, decision: decisions[decision], rule, reasonCode }, maximumQoS };
  }
  if (hook === "") return undefined;
  // A plugin that explains itself and says nothing has no rule for it.
  if (plugin.explain !== undefined) {
    return { step: { ...by, decision: Decision.ALLOW, rule: "no rule concerns it", reasonCode: 0 }, maximumQoS: 2 };
  }
  const rule = "takes part and does not explain itself";
  return { step: { ...by, decision: Decision.UNKNOWN, rule, reasonCode: 0 }, maximumQoS: 2 };
}

function result(steps: readonly Step[], maximumQoS: QoS): Walk {
  const denied = steps.find(({ decision }) => decision === Decision.DENY);
  const isUnknown = steps.some(({ decision }) => decision === Decision.UNKNOWN);
  const decision = denied?.decision ?? (isUnknown ? Decision.UNKNOWN : Decision.ALLOW);
  return { steps, decision, reasonCode: denied?.reasonCode ?? 0, maximumQoS };
}
