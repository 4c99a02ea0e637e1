/** The accounts file: read, watched, changed. What is in force is always a file that was whole and right. */

import { readFile } from "node:fs/promises";
import { writeAtomically } from "../files/atomic-write.ts";
import { withLock } from "../files/file-lock.ts";
import { WatchedFile } from "../files/watched-file.ts";
import { AccountFileError } from "./account-text.ts";
import { type Account, type AccountReading, type ParsedAccounts, parseAccounts } from "./parse-accounts.ts";

/** What an account file tells of itself. */
export interface AccountFileEvents {
  /** Accounts in the file were replaced, from outside or by us. */
  readonly changed?: (accounts: number) => void;
  /** The file can't be used as it is now; the accounts from before stay. */
  readonly refused?: (error: Error) => void;
}

interface Change {
  readonly username: string;
  /** Asked when it is written, with the hashed password as it is then; undefined: no account. */
  readonly decide: (present: string | undefined) => string | undefined;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class AccountFile {
  readonly path: string;
  readonly #reading: AccountReading;
  readonly #events: AccountFileEvents;
  #source = "";
  #parsed: ParsedAccounts;
  #watched: WatchedFile | undefined;
  #changes: Change[] = [];
  #writing: Promise<void> | undefined;

  constructor(path: string, reading: AccountReading, events: AccountFileEvents = {}) {
    this.path = path;
    this.#reading = reading;
    this.#events = events;
    this.#parsed = parseAccounts("", reading);
  }

  /** In force, by name, in the order of the file. */
  get accounts(): ReadonlyMap<string, Account> {
    return this.#parsed.accounts;
  }

  /** The same, to pick one by number. */
  get list(): readonly Account[] {
    return this.#parsed.list;
  }

  /** Reads the file; one that is not there has no accounts. False when it is not there. Rejects with `AccountFileError`. */
  async load(): Promise<boolean> {
    const source = await this.#read();
    this.#use(source ?? "");
    return source !== undefined;
  }

  /** Picks up changes from now on. */
  async watch(): Promise<void> {
    this.#watched = new WatchedFile(this.path, () => void this.reload());
    await this.#watched.start();
  }

  /** Reads again; a file that is gone or broken is refused and the accounts stay. */
  async reload(): Promise<void> {
    await this.#writing?.catch(() => {});
    try {
      const source = await this.#read();
      if (source === undefined) throw new AccountFileError("the file is gone");
      if (source === this.#source) return;
      this.#use(source);
      this.#events.changed?.(this.accounts.size);
    } catch (error) {
      this.#events.refused?.(error as Error);
    }
  }

  /** Adds or replaces an account by its hashed password; resolves when it is safe on the disk and in force. */
  set(username: string, password: string): Promise<void> {
    return this.#change(username, () => password);
  }

  /** Replaces the hash only if it is still the one it is an upgrade of. */
  upgrade(username: string, from: string, to: string): Promise<void> {
    return this.#change(username, (present) => (present === from ? to : present));
  }

  /** False when there is no such account. */
  async delete(username: string): Promise<boolean> {
    let found = false;
    await this.#change(username, (present) => {
      found = present !== undefined;
      return undefined;
    });
    return found;
  }

  /** Stops watching; resolves when what is being written is written. */
  async close(): Promise<void> {
    this.#watched?.close();
    await this.#writing?.catch(() => {});
  }

  #change(username: string, decide: Change["decide"]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#changes.push({ username, decide, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** Everything that was asked for meanwhile goes into one writing. */
  async #write(): Promise<void> {
    while (this.#changes.length > 0) {
      // Changes that arrive in this turn come along.
      await Promise.resolve();
      let settle: () => void;
      try {
        settle = await withLock(this.path, () => this.#writeBatch());
      } catch (error) {
        settle = rejection(this.#changes.splice(0), error);
      }
      settle(); // the lock is free again when they hear of it
    }
    // In the same breath as the look at what is asked for: what is asked for next starts anew.
    this.#writing = undefined;
  }

  /** Answers what tells those who asked. */
  async #writeBatch(): Promise<() => void> {
    // As it is on the disk: what somebody changed by hand a moment ago must not be undone.
    const source = (await this.#read()) ?? "";
    const current = source === this.#source ? this.#parsed : parseAccounts(source, this.#reading);
    const batch = this.#changes.splice(0);
    try {
      const changes = outcome(batch, current.accounts);
      if (changes.size > 0) {
        const edited = current.text.edit(changes);
        const parsed = parseAccounts(edited, this.#reading); // never write what could not be read
        await writeAtomically(this.path, edited);
        this.#use(edited, parsed);
        this.#events.changed?.(this.accounts.size);
      } else if (source !== this.#source) {
        this.#use(source, current);
        this.#events.changed?.(this.accounts.size);
      }
    } catch (error) {
      return rejection(batch, error);
    }
    return () => {
      for (const { resolve } of batch) resolve();
    };
  }

  #use(source: string, parsed: ParsedAccounts = parseAccounts(source, this.#reading)): void {
    this.#parsed = parsed;
    this.#source = source;
  }

  async #read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, "utf8");
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      throw new AccountFileError(message, { cause: error });
    }
  }
}

/** What all changes together make of the accounts that they concern. */
function outcome(batch: readonly Change[], accounts: ReadonlyMap<string, Account>): Map<string, string | undefined> {
  const changes = new Map<string, string | undefined>();
  for (const { decide, username } of batch) {
    const before = changes.has(username) ? changes.get(username) : accounts.get(username)?.password;
    changes.set(username, decide(before));
  }
  for (const [username, password] of changes) {
    if (password === accounts.get(username)?.password) changes.delete(username);
  }
  return changes;
}

function rejection(batch: readonly Change[], error: unknown): () => void {
  return () => {
    for (const { reject } of batch) reject(error as Error);
  };
}
