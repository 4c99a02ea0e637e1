/** Rules that come with a login: in a token's claim, or in the answer of a callout. */

import { z } from "zod";
import type { AccessRule } from "../access/rule.ts";
import { compileRule, tokenRuleSchema } from "../access/rule-schema.ts";

const rules = z.array(tokenRuleSchema).max(1_000);

/** undefined when it is no list of rules: who gets rules that nobody understands is not let in. */
export function readTokenRules(given: unknown, name: string): AccessRule[] | undefined {
  const result = rules.safeParse(given);
  if (!result.success) return undefined;
  return result.data.map((rule, index) => compileRule(rule, `${name} rule ${index + 1}`));
}
