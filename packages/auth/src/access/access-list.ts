/** The rules in force for one subject, and what they say: the first rule that matches decides. */

import { type QoS, topicMatches } from "@gmqtt/broker";
import { covers, overlaps, withoutShare } from "./filters.ts";
import { type AccessRule, type Action, concerns, filtersFor, type Subject } from "./rule.ts";

/** What the rules say about a topic. */
export interface Decision {
  readonly allowed: boolean;
  /** Of what is allowed. */
  readonly maxQoS: QoS;
  /** May be published retained. */
  readonly retain: boolean;
  /** Which rule it was, for people. */
  readonly rule: string;
}

/** The same about a filter. */
export interface SubscribeDecision extends Decision {
  /** Whether all that the filter matches is allowed; else the rules decide message by message. */
  readonly whole: boolean;
}

interface Entry {
  readonly rule: AccessRule;
  readonly filters: readonly string[];
}

/** Topics whose decisions are remembered per client: most publish to few. */
const REMEMBERED = 64;

export class AccessList {
  readonly #entries: Readonly<Record<Action, readonly Entry[]>>;
  readonly #otherwise: Decision;
  readonly #published: Map<string, Decision> = new Map();
  readonly #received: Map<string, Decision> = new Map();

  /** `rules` in their order; `allowOtherwise` holds where none matches. */
  constructor(rules: readonly AccessRule[], subject: Subject, allowOtherwise: boolean) {
    const concerning = rules.filter((rule) => concerns(rule, subject));
    const entriesFor = (action: Action): Entry[] =>
      concerning
        .filter((rule) => rule.actions.has(action))
        .map((rule) => ({ rule, filters: filtersFor(rule, subject) }))
        .filter(({ filters }) => filters.length > 0);
    this.#entries = { publish: entriesFor("publish"), subscribe: entriesFor("subscribe") };
    const rule = `acl default: ${allowOtherwise ? "allow" : "deny"}`;
    this.#otherwise = { allowed: allowOtherwise, maxQoS: 2, retain: true, rule };
  }

  /** May messages be published to this topic? */
  publish(topic: string): Decision {
    return remember(this.#published, topic, () => this.#decide("publish", topic));
  }

  /** May messages of this topic be delivered? */
  receive(topic: string): Decision {
    return remember(this.#received, topic, () => this.#decide("subscribe", topic));
  }

  /**
   * May the filter be subscribed to? Yes when anything of it is allowed, at the highest QoS that is allowed anywhere in it: what
   * of it is not allowed is withheld message by message, by `receive`.
   */
  subscribe(filter: string): SubscribeDecision {
    const asked = withoutShare(filter);
    const denied: string[] = [];
    let found: SubscribeDecision | undefined;
    const allow = (decision: Decision, whole: boolean): void => {
      if (found === undefined) found = { ...decision, whole: whole && denied.length === 0 };
      else if (decision.maxQoS > found.maxQoS) found = { ...decision, whole: false };
    };
    for (const { filters, rule } of this.#entries.subscribe) {
      const common = filters.filter((candidate) => overlaps(candidate, asked));
      const open = common.filter((candidate) => !denied.some((wider) => covers(wider, candidate)));
      if (open.length === 0) continue;
      const decision = decisionOf(rule);
      const whole = open.some((candidate) => covers(candidate, asked));
      if (rule.allow) allow(decision, whole);
      else denied.push(...open);
      // Nothing of what is asked for is left to the rules behind this one.
      if (whole) return found ?? { ...decision, whole: false };
    }
    if (this.#otherwise.allowed) allow(this.#otherwise, true);
    return found ?? { ...this.#otherwise, whole: false };
  }

  #decide(action: Action, topic: string): Decision {
    for (const { filters, rule } of this.#entries[action]) {
      for (const filter of filters) if (topicMatches(filter, topic)) return decisionOf(rule);
    }
    return this.#otherwise;
  }
}

function decisionOf({ allow, maxQoS, name, retain }: AccessRule): Decision {
  return { allowed: allow, maxQoS, retain, rule: name };
}

function remember(known: Map<string, Decision>, topic: string, decide: () => Decision): Decision {
  const before = known.get(topic);
  if (before !== undefined) return before;
  const decision = decide();
  if (known.size >= REMEMBERED) known.clear();
  known.set(topic, decision);
  return decision;
}
