/** From the text of an accounts file to accounts: which format it is, and which hash each password. */

import { type HashName, parseMarked, parseStored, type StoredPassword } from "../passwords/stored-password.ts";
import { AccountFileError, type AccountFormat, type AccountText } from "./account-text.ts";
import { parseGmqtt } from "./gmqtt-text.ts";
import { parseMosquitto } from "./mosquitto-text.ts";

/** One account. */
export interface Account {
  readonly username: string;
  /** As in the file. */
  readonly password: string;
  readonly stored: StoredPassword;
}

/** How a file is read. */
export interface AccountReading {
  readonly format: AccountFormat | "auto";
  /** Hash of the passwords in gmqtt's format that don't say theirs. */
  readonly hash: HashName;
}

/** A file as read. */
export interface ParsedAccounts {
  readonly text: AccountText;
  readonly accounts: ReadonlyMap<string, Account>;
  /** The same, to pick one by number. */
  readonly list: readonly Account[];
}

/** Throws `AccountFileError` with the line that is wrong: half a file is none. */
export function parseAccounts(source: string, { format, hash }: AccountReading): ParsedAccounts {
  const plain = source.charCodeAt(0) === 0xfeff ? source.slice(1) : source;
  const actual = format === "auto" ? formatOf(plain) : format;
  const text = actual === "mosquitto" ? parseMosquitto(plain) : parseGmqtt(plain);
  const accounts = new Map<string, Account>();
  for (const { line, password, username } of text.entries) {
    const stored = actual === "mosquitto" ? parseMarked(password) : parseStored(password, hash);
    if (stored === undefined)
      throw new AccountFileError(`line ${line}: password of ${username} ${wrong(actual, hash)}`);
    accounts.set(username, { username, password, stored });
  }
  return { text, accounts, list: [...accounts.values()] };
}

/** mosquitto_passwd writes `name:$6$...` or `name:$7$...`; a list begins with a dash or bracket. */
function formatOf(source: string): AccountFormat {
  const first = source.split("\n").find((line) => line.trim() !== "" && !line.startsWith("#")) ?? "";
  return /^\s*(-|\[|---)/.test(first) || !/^[^:]+:\S/.test(first) ? "gmqtt" : "mosquitto";
}

function wrong(format: AccountFormat, hash: HashName): string {
  if (format === "mosquitto") return "is no hash of mosquitto_passwd, which could make it one with -U";
  return `is no ${hash} hash`;
}
