/** Access rules as people write them, in the configuration, in a file or in a token. */

import { z } from "zod";
import { type AccessRule, type Action, addressList, type Who } from "./rule.ts";

const text = z.string().min(1);
const texts = z.union([text.transform((one) => [one]), z.array(text).min(1)], {
  error: ({ input }) => (input === undefined ? "is missing" : "must be a text or a list of texts"),
});
const filters = texts.refine((topics) => topics.every(isFilter), "must be a topic filter");
const addresses = texts.refine(
  (ranges) => addressList(ranges) !== undefined,
  "must be an address or a range as 10.0.0.0/8",
);

/** What a rule says besides whom it is for. */
const what = {
  access: z.enum(["allow", "deny"]).default("allow"),
  action: z.enum(["publish", "subscribe", "both"]).default("both"),
  topic: filters,
  max_qos: z.union([z.literal(0), z.literal(1), z.literal(2)], { error: "must be 0, 1 or 2" }).default(2),
  retain: z.boolean().default(true),
};

/** What a rule says, as its schema made it. */
export interface TokenRule {
  readonly access: "allow" | "deny";
  readonly action: "publish" | "subscribe" | "both";
  readonly topic: readonly string[];
  readonly max_qos: 0 | 1 | 2;
  readonly retain: boolean;
}

/** The same with whom it is for. */
export interface WrittenRule extends TokenRule {
  readonly username?: readonly string[] | undefined;
  readonly client_id?: readonly string[] | undefined;
  readonly address?: readonly string[] | undefined;
  readonly certificate_cn?: readonly string[] | undefined;
  readonly anonymous?: boolean | undefined;
}

/** A rule of a token: it is for whom the token is for. */
export const tokenRuleSchema: z.ZodType<TokenRule> = z.strictObject(what).superRefine(limitsOfAllowed);

/** A rule of `acl` or of an access file. */
export const ruleSchema: z.ZodType<WrittenRule> = z
  .strictObject({
    ...what,
    username: texts.optional(),
    client_id: texts.optional(),
    address: addresses.optional(),
    certificate_cn: texts.optional(),
    anonymous: z.boolean().optional(),
  })
  .superRefine(limitsOfAllowed);

/** `name` tells people which rule it is. */
export function compileRule(written: WrittenRule, name: string): AccessRule {
  const { access, action, address, anonymous, certificate_cn, client_id, max_qos, retain, topic, username } = written;
  const actions: Action[] = action === "both" ? ["publish", "subscribe"] : [action];
  const list = address === undefined ? undefined : addressList(address);
  const who: Who = {
    ...(username === undefined ? {} : { usernames: new Set(username) }),
    ...(client_id === undefined ? {} : { clientIds: new Set(client_id) }),
    ...(list === undefined ? {} : { addresses: list }),
    ...(certificate_cn === undefined ? {} : { commonNames: new Set(certificate_cn) }),
    ...(anonymous === undefined ? {} : { anonymous }),
  };
  const allow = access === "allow";
  return { name, allow, actions: new Set(actions), who, topics: topic, maxQoS: max_qos, retain };
}

function limitsOfAllowed(
  rule: { access: "allow" | "deny"; max_qos: number; retain: boolean },
  context: z.RefinementCtx,
): void {
  if (rule.access === "allow") return;
  const message = "a rule that denies has no limits: what it matches is denied at every QoS";
  if (rule.max_qos !== 2) context.addIssue({ code: "custom", path: ["max_qos"], message });
  if (!rule.retain) context.addIssue({ code: "custom", path: ["retain"], message });
}

/** Wildcards fill their level, `#` is the last; rules are about topics, so `$share/` has no place here. */
function isFilter(filter: string): boolean {
  if (filter.startsWith("$share/") || filter.includes("\0")) return false;
  const levels = filter.split("/");
  return levels.every((level, index) => {
    if (level === "+") return true;
    if (level === "#") return index === levels.length - 1;
    return !/[+#]/.test(level);
  });
}
