/**
 * gmqtt's accounts file: a YAML list of `username` and `password`. As gmqtt writes it, it is read line by line, forty times
 * as fast as YAML: ten thousand accounts must not hold up messages. Everything else is left to a YAML parser.
 */

import { type AccountChanges, type AccountEntry, type AccountText, assertDistinct } from "./account-text.ts";
import { parseYaml } from "./yaml-text.ts";

/** An entry and the lines it is made of, from 0. */
interface Block {
  readonly entry: AccountEntry;
  readonly passwordLine: number;
  readonly first: number;
  readonly last: number;
}

const LINE = /^(- |\s+)(username|password): +(?:([A-Za-z0-9$./_][A-Za-z0-9$./_+=,-]*)|"([^"\\]*)"|'([^']*)')\s*$/;
/** What YAML takes for something other than a text, and writes like one: left to the parser. */
const NO_TEXT = /^(null|Null|NULL)$/;
const PLAIN = /^[A-Za-z_$/.][A-Za-z0-9$./_+=,-]*$/;
const WORDS = /^(null|true|false|yes|no|on|off|\.inf|\.nan)$/i;

export function parseGmqtt(text: string): AccountText {
  const lines = text.split("\n");
  const blocks = readBlocks(lines);
  if (blocks === undefined) return parseYaml(text);
  const entries = blocks.map(({ entry }) => entry);
  assertDistinct(entries);
  return { format: "gmqtt", entries, edit: (changes) => edit(lines, blocks, changes) };
}

/** Undefined when a line is not as gmqtt writes it. */
function readBlocks(lines: readonly string[]): Block[] | undefined {
  const blocks: Block[] = [];
  let open: { first: number; fields: Map<string, { value: string; line: number }> } | undefined;
  for (const [index, line] of lines.entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const match = LINE.exec(line);
    if (match === null) return undefined;
    const [, indent, key, plain, double, single] = match;
    const value = plain ?? double ?? single ?? "";
    if (value === "" || (plain !== undefined && NO_TEXT.test(plain))) return undefined;
    if (indent === "- ") {
      if (open !== undefined) return undefined; // the one before has not both
      open = { first: index, fields: new Map() };
    }
    if (open === undefined || open.fields.has(key as string) || (indent !== "- " && indent !== "  ")) return undefined;
    open.fields.set(key as string, { value, line: index });
    const username = open.fields.get("username");
    const password = open.fields.get("password");
    if (username === undefined || password === undefined) continue;
    const entry = { username: username.value, password: password.value, line: open.first + 1 };
    blocks.push({ entry, passwordLine: password.line, first: open.first, last: index });
    open = undefined;
  }
  return open === undefined ? blocks : undefined;
}

function edit(lines: readonly string[], blocks: readonly Block[], changes: AccountChanges): string {
  const edited: (string | undefined)[] = [...lines];
  const known = new Set<string>();
  for (const { entry, first, last, passwordLine } of blocks) {
    known.add(entry.username);
    if (!changes.has(entry.username)) continue;
    const password = changes.get(entry.username);
    if (password === undefined) edited.fill(undefined, first, last + 1);
    else edited[passwordLine] = `${passwordLine === first ? "- " : "  "}password: ${scalar(password)}`;
  }
  while (edited.length > 0 && (edited.at(-1) ?? "") === "") edited.pop();
  for (const [username, password] of changes) {
    if (known.has(username) || password === undefined) continue;
    edited.push(`- username: ${scalar(username)}`, `  password: ${scalar(password)}`);
  }
  const kept = edited.filter((line) => line !== undefined);
  return kept.length === 0 ? "" : `${kept.join("\n")}\n`;
}

/** A text as YAML reads it back; JSON's strings are YAML's double-quoted ones. */
function scalar(text: string): string {
  return PLAIN.test(text) && !WORDS.test(text) ? text : JSON.stringify(text);
}
