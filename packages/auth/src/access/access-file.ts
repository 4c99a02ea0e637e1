/** Access rules in a file of their own: a YAML list of rules as in `acl`, or Mosquitto's acl_file. */

import { isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { AccessFileError } from "./access-file-error.ts";
import { parseMosquittoAcl } from "./mosquitto-acl.ts";
import type { AccessRule } from "./rule.ts";
import { compileRule, ruleSchema } from "./rule-schema.ts";

/** `file` names it in explanations. Throws `AccessFileError` with the line that is wrong. */
export function parseAccessFile(source: string, file: string): AccessRule[] {
  const first = source.split("\n").find((line) => line.trim() !== "" && !line.trimStart().startsWith("#")) ?? "";
  return /^(user|topic|pattern)(\s|$)/.test(first.trimStart())
    ? parseMosquittoAcl(source, file)
    : parseRules(source, file);
}

function parseRules(source: string, file: string): AccessRule[] {
  const counter = new LineCounter();
  const document = parseDocument(source, { lineCounter: counter });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new AccessFileError(`line ${error.linePos?.[0].line ?? 1}: ${error.message.split("\n", 1)[0]}`);
  }
  if (document.contents === null) return [];
  if (!isSeq(document.contents))
    throw new AccessFileError("expected a list of rules, or the lines of mosquitto's acl_file");
  return document.contents.items.map((item, index) => {
    const { line } = counter.linePos((item as Node).range?.[0] ?? 0);
    const result = ruleSchema.safeParse((item as Node).toJS(document));
    if (result.success) return compileRule(result.data, `${file} rule ${index + 1}`);
    const [issue] = result.error.issues;
    const where = issue?.path.join(".") ?? "";
    throw new AccessFileError(`line ${line}: ${where === "" ? "" : `${where}: `}${issue?.message ?? "not a rule"}`);
  });
}
