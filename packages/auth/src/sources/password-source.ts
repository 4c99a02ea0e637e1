/** The accounts file as a source of who may come in. */

import { createHmac, randomBytes } from "node:crypto";
import type { Awaitable, Logger } from "@gmqtt/broker";
import type { AccountFile } from "../accounts/account-file.ts";
import type { Account } from "../accounts/parse-accounts.ts";
import type { CredentialSource, Credentials, SourceAnswer } from "../login/credentials.ts";
import { HashRefusal } from "../passwords/hash-pool.ts";
import type { Hasher } from "../passwords/hasher.ts";
import type { LoginCache } from "../passwords/login-cache.ts";
import type { StoredPassword } from "../passwords/stored-password.ts";

/** What the source stands on. */
export interface PasswordSourceOptions {
  readonly file: AccountFile;
  readonly hasher: Hasher;
  readonly cache: LoginCache;
  /** Replace old hashes when their user logs in. */
  readonly upgrade: boolean;
  readonly logger: Logger;
}

const ACCEPTED: SourceAnswer = { outcome: "accepted" };
const WRONG: SourceAnswer = { outcome: "refused", reason: "wrong password" };

export class PasswordSource implements CredentialSource {
  readonly name = "password";
  readonly #options: PasswordSourceOptions;
  readonly #key: Buffer = randomBytes(32);
  readonly #upgrading: Set<string> = new Set();
  /** Being checked, by a keyed digest of hash and password, and the name. */
  readonly #pending: Map<string, { answer: Promise<SourceAnswer>; askers: (() => boolean)[] }> = new Map();

  constructor(options: PasswordSourceOptions) {
    this.#options = options;
  }

  check(credentials: Credentials, wanted: () => boolean): Awaitable<SourceAnswer> {
    const { cache, file } = this.#options;
    const { password, username } = credentials;
    if (username === undefined || password === undefined) return { outcome: "unknown" };
    const account = file.accounts.get(username);
    if (account === undefined) return { outcome: "unknown", pretend: () => this.#pretend(username, password, wanted) };
    if (cache.knows(username, account.password, password)) return ACCEPTED;
    return this.#verifyOnce(account, password, wanted);
  }

  close(): void {}

  /** A fleet that shares an account and comes at once is hashed once. */
  #verifyOnce(account: Account, password: Uint8Array, wanted: () => boolean): Promise<SourceAnswer> {
    const digest = this.#options.cache.digest(account.password, password);
    const key = `${digest.toString("base64")} ${account.username}`;
    const pending = this.#pending.get(key);
    if (pending !== undefined) {
      pending.askers.push(wanted);
      return pending.answer;
    }
    const askers = [wanted];
    const anyWanted = (): boolean => askers.some((asker) => asker());
    const answer = this.#verify(account, password, anyWanted).finally(() => this.#pending.delete(key));
    this.#pending.set(key, { answer, askers });
    return answer;
  }

  async #verify(account: Account, password: Uint8Array, wanted: () => boolean): Promise<SourceAnswer> {
    const { cache, hasher, upgrade } = this.#options;
    try {
      if (!(await hasher.verify(account.stored, password, wanted))) return WRONG;
    } catch (error) {
      if (error instanceof HashRefusal) return { outcome: "refused", reason: error.message, unavailable: true };
      throw error;
    }
    cache.remember(account.username, account.password, password);
    if (upgrade && hasher.isOld(account.stored)) void this.#upgrade(account, Buffer.from(password));
    return ACCEPTED;
  }

  /**
   * An unknown user takes as long as a wrong password: his is checked against that of some account, always the same one for
   * a name, so that a file with several kinds of hashes tells nothing either.
   */
  async #pretend(username: string, password: Uint8Array, wanted: () => boolean): Promise<void> {
    await this.#options.hasher.verify(this.#decoyFor(username), password, wanted).catch(() => {});
  }

  #decoyFor(username: string): StoredPassword {
    const { file, hasher } = this.#options;
    const number = createHmac("sha256", this.#key).update(username).digest().readUInt32BE(0);
    return file.list[number % file.list.length]?.stored ?? hasher.decoy();
  }

  /** Not waited for by the login; when it fails, the next login tries again. */
  async #upgrade(account: Account, password: Buffer): Promise<void> {
    const { cache, file, hasher, logger } = this.#options;
    const { username } = account;
    if (this.#upgrading.has(username)) return;
    this.#upgrading.add(username);
    try {
      const hash = await hasher.hash(password);
      await file.upgrade(username, account.password, hash);
      if (file.accounts.get(username)?.password === hash) cache.remember(username, hash, password);
      logger.info({ username, from: account.stored.kind }, "password hash upgraded");
    } catch (error) {
      if (!(error instanceof HashRefusal)) logger.warn({ username, err: error }, "password hash could not be upgraded");
    } finally {
      this.#upgrading.delete(username);
    }
  }
}
