/** An accounts file as text, in whichever format: what is in it, and the same text with changes. */

/** A file that can't be used, or an account that it can't hold. */
export class AccountFileError extends Error {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "AccountFileError";
  }
}

/** One account as it stands in a file. */
export interface AccountEntry {
  readonly username: string;
  /** The password, hashed in whatever way. */
  readonly password: string;
  /** Line it begins at, from 1. */
  readonly line: number;
}

/** Accounts by name; undefined deletes. */
export type AccountChanges = ReadonlyMap<string, string | undefined>;

/** A parsed accounts file. */
export interface AccountText {
  readonly format: AccountFormat;
  readonly entries: readonly AccountEntry[];
  /** The text with changes; comments and order stay. Throws `AccountFileError` for a name that the format can't hold. */
  edit(changes: AccountChanges): string;
}

/** gmqtt's list of accounts in YAML, and the lines of mosquitto_passwd. */
export type AccountFormat = "gmqtt" | "mosquitto";

/** Throws when two entries are for one name. */
export function assertDistinct(entries: readonly AccountEntry[]): void {
  const lines = new Map<string, number>();
  for (const { username, line } of entries) {
    const first = lines.get(username);
    if (first !== undefined) throw new AccountFileError(`line ${line}: ${username} stands in line ${first} already`);
    lines.set(username, line);
  }
}
