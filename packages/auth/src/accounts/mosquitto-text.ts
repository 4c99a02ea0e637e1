/** The file of mosquitto_passwd: a line per account, name and hash with a colon between. */

import {
  type AccountChanges,
  type AccountEntry,
  AccountFileError,
  type AccountText,
  assertDistinct,
} from "./account-text.ts";

export function parseMosquitto(text: string): AccountText {
  const lines = text.split("\n");
  const entries: AccountEntry[] = [];
  for (const [index, raw] of lines.entries()) {
    const line = raw.trimEnd();
    if (line === "" || line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    if (colon < 1) throw new AccountFileError(`line ${index + 1}: expected name:hash`);
    entries.push({ username: line.slice(0, colon), password: line.slice(colon + 1), line: index + 1 });
  }
  assertDistinct(entries);
  return { format: "mosquitto", entries, edit: (changes) => edit(lines, entries, changes) };
}

function edit(lines: readonly string[], entries: readonly AccountEntry[], changes: AccountChanges): string {
  const edited: (string | undefined)[] = [...lines];
  const known = new Set<string>();
  for (const { username, line } of entries) {
    known.add(username);
    if (!changes.has(username)) continue;
    const password = changes.get(username);
    edited[line - 1] = password === undefined ? undefined : `${username}:${password}`;
  }
  while (edited.length > 0 && (edited.at(-1) ?? "").trim() === "") edited.pop();
  for (const [username, password] of changes) {
    if (known.has(username) || password === undefined) continue;
    if (/[:\r\n]/.test(username) || username.startsWith("#") || username.trimEnd() !== username || username === "") {
      throw new AccountFileError(`${JSON.stringify(username)} can't stand in a file of mosquitto_passwd`);
    }
    edited.push(`${username}:${password}`);
  }
  const kept = edited.filter((line) => line !== undefined);
  return kept.length === 0 ? "" : `${kept.join("\n")}\n`;
}
