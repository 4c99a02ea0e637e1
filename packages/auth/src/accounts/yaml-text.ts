/** gmqtt's accounts in any YAML that people write by hand: anchors, flow style, comments anywhere. */

import { type Document, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import {
  type AccountChanges,
  type AccountEntry,
  AccountFileError,
  type AccountText,
  assertDistinct,
} from "./account-text.ts";

export function parseYaml(text: string): AccountText {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line ?? 1;
    throw new AccountFileError(`line ${line}: ${error.message.split("\n", 1)[0]}`, { cause: error });
  }
  const { contents } = document;
  const empty = contents === null || (isScalar(contents) && contents.value === null);
  if (!empty && !isSeq(contents)) throw new AccountFileError("expected a list of username and password");
  const items = empty ? [] : (contents as YAMLSeq).items;
  const entries = items.map((item) => readItem(document, item, counter));
  assertDistinct(entries);
  return { format: "gmqtt", entries, edit: (changes) => edit(text, changes) };
}

function readItem(document: Document, item: unknown, counter: LineCounter): AccountEntry {
  const offset = (item as { range?: readonly [number, number, number] | null } | null)?.range?.[0] ?? 0;
  const { line } = counter.linePos(offset);
  if (!isMap(item)) throw new AccountFileError(`line ${line}: expected username and password`);
  const fields = new Map(item.items.map(({ key, value }) => [textOf(document, key), textOf(document, value)]));
  for (const key of fields.keys()) {
    if (key !== "username" && key !== "password") throw new AccountFileError(`line ${line}: unknown key ${key}`);
  }
  const username = fields.get("username") ?? "";
  const password = fields.get("password") ?? "";
  if (username === "") throw new AccountFileError(`line ${line}: username is missing`);
  if (password === "") throw new AccountFileError(`line ${line}: password of ${username} is missing`);
  return { username, password, line };
}

/** As it is written: a password of digits is the digits, not the number. */
function textOf(document: Document, node: unknown): string | undefined {
  const resolved = (node as { resolve?: (document: Document) => unknown } | null)?.resolve?.(document) ?? node;
  if (!isScalar(resolved) || resolved.value === null) return undefined;
  return typeof resolved.value === "string" ? resolved.value : (resolved.source ?? String(resolved.value));
}

function edit(text: string, changes: AccountChanges): string {
  const document = parseDocument(text);
  if (!isSeq(document.contents)) document.contents = document.createNode([]) as unknown as typeof document.contents;
  const list = document.contents as unknown as YAMLSeq<YAMLMap>;
  for (const [username, password] of changes) {
    const index = list.items.findIndex((item) => textOf(document, item.get("username", true)) === username);
    const present = list.items[index];
    if (password === undefined) {
      if (present !== undefined) list.delete(index);
    } else if (present === undefined) list.add(document.createNode({ username, password }));
    else present.set("password", password);
  }
  return document.toString({ lineWidth: 0 });
}
