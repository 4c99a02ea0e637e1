/** Mosquitto's acl_file, as rules in the order in which Mosquitto asks them: denials of a user, what he may, then patterns. */

import { AccessFileError } from "./access-file-error.ts";
import type { AccessRule, Action, Who } from "./rule.ts";

interface Line {
  readonly number: number;
  readonly topic: string;
  readonly access: "read" | "write" | "readwrite" | "deny";
}

const ACTIONS: Readonly<Record<Line["access"], readonly Action[]>> = {
  read: ["subscribe"],
  write: ["publish"],
  readwrite: ["publish", "subscribe"],
  deny: ["publish", "subscribe"],
};

/** Throws `AccessFileError` with the line that is wrong. */
export function parseMosquittoAcl(source: string, file: string): AccessRule[] {
  /** By user; undefined are those without a user name. */
  const users = new Map<string | undefined, Line[]>();
  const patterns: Line[] = [];
  let user: string | undefined;
  for (const [index, raw] of source.split("\n").entries()) {
    const number = index + 1;
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, keyword = "", rest = ""] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
    if (keyword === "user") {
      if (rest === "") throw new AccessFileError(`line ${number}: user has no name`);
      user = rest;
    } else if (keyword === "topic") add(users, user, readTopic(rest, number));
    else if (keyword === "pattern") patterns.push(readTopic(rest, number));
    else throw new AccessFileError(`line ${number}: expected user, topic or pattern, not ${keyword}`);
  }
  const rules: AccessRule[] = [];
  for (const [name, lines] of users) {
    const who: Who = name === undefined ? { anonymous: true } : { usernames: new Set([name]) };
    rules.push(...denialsFirst(lines).map((line) => toRule(line, who, file)));
  }
  rules.push(...denialsFirst(patterns).map((line) => toRule(line, {}, file)));
  return rules;
}

function add(users: Map<string | undefined, Line[]>, user: string | undefined, line: Line): void {
  const lines = users.get(user);
  if (lines === undefined) users.set(user, [line]);
  else lines.push(line);
}

/** A single word is a topic to read and write; topics may hold blanks. */
function readTopic(rest: string, number: number): Line {
  const [, first = "", topic = ""] = /^(\S+)(?:\s+(.+))?$/.exec(rest) ?? [];
  if (first === "") throw new AccessFileError(`line ${number}: topic is missing`);
  if (topic === "") return { number, topic: first, access: "readwrite" };
  if (!Object.hasOwn(ACTIONS, first)) {
    throw new AccessFileError(`line ${number}: expected read, write, readwrite or deny, not ${first}`);
  }
  return { number, topic, access: first as Line["access"] };
}

function denialsFirst(lines: readonly Line[]): Line[] {
  return [...lines.filter(({ access }) => access === "deny"), ...lines.filter(({ access }) => access !== "deny")];
}

/** `%u` and `%c` mean something in patterns alone; elsewhere Mosquitto takes them as they are, which no sane topic has. */
function toRule({ access, number, topic }: Line, who: Who, file: string): AccessRule {
  return {
    name: `${file} line ${number}`,
    allow: access !== "deny",
    actions: new Set(ACTIONS[access]),
    who,
    topics: [topic],
    maxQoS: 2,
    retain: true,
  };
}
