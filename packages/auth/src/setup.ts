/** Everything that one version of the configuration stands for: accounts, sources, rules. A reload makes another one. */

import { resolve } from "node:path";
import type { Clock, Logger } from "@gmqtt/broker";
import type { AccessPolicy } from "./access/identities.ts";
import { Rules } from "./access/rule-files.ts";
import { AccountFile } from "./accounts/account-file.ts";
import type { AuthConfig, SourceName } from "./config.ts";
import { Authenticator } from "./login/authenticator.ts";
import type { CredentialSource } from "./login/credentials.ts";
import { Throttle } from "./login/throttle.ts";
import { HashPool } from "./passwords/hash-pool.ts";
import { Hasher } from "./passwords/hasher.ts";
import { LoginCache } from "./passwords/login-cache.ts";
import { HttpSource } from "./sources/http-source.ts";
import { JwtSource } from "./sources/jwt-source.ts";
import { PasswordSource } from "./sources/password-source.ts";

/** What a setup needs of the broker. */
export interface SetupOptions {
  readonly config: AuthConfig;
  /** Folder that relative paths start from. */
  readonly baseDirectory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The access file was changed. */
  readonly onPolicy: (policy: AccessPolicy) => void;
}

/** A configuration at work. */
export interface Setup {
  readonly config: AuthConfig;
  readonly accounts: AccountFile;
  readonly hasher: Hasher;
  readonly authenticator: Authenticator;
  readonly throttle: Throttle;
  readonly rules: Rules;
  close(): Promise<void>;
}

/** Reads files and starts watching them. Rejects when one can't be used; then nothing is left behind. */
export async function openSetup(options: SetupOptions): Promise<Setup> {
  const { baseDirectory, clock, config, logger } = options;
  const undo: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const accounts = await openAccounts(options);
    undo.push(() => accounts.close());
    const pool = new HashPool(config.hash_threads, config.max_waiting_logins);
    undo.push(() => pool.close());
    const hasher = new Hasher(pool, policyOf(config));
    const rules = await openRules(options);
    undo.push(() => rules.close());
    const sources: CredentialSource[] = [];
    for (const name of sourceNames(config)) {
      const source = await openSource(name, options, accounts, hasher);
      undo.push(() => source.close());
      sources.push(source);
    }
    const { address_failures, entries, forget_after, max_wait, user_failures, wait } = config.throttle;
    const throttle = new Throttle(
      {
        userFailures: user_failures,
        addressFailures: address_failures,
        wait,
        maxWait: max_wait,
        forgetAfter: forget_after,
        entries,
      },
      () => clock.monotonic(),
    );
    const authenticator = new Authenticator({ sources, allowAnonymous: config.allow_anonymous, throttle, logger });
    return { config, accounts, hasher, authenticator, throttle, rules, close };
  } catch (error) {
    await close();
    throw error;
  }

  function openRules({ onPolicy }: SetupOptions): Promise<Rules> {
    const { acl_file } = config;
    const path = acl_file === undefined ? undefined : resolve(baseDirectory, acl_file);
    const refused = (error: Error): void => {
      logger.error({ path, reason: error.message }, "access file refused, the old rules stay");
    };
    const changed = (policy: AccessPolicy): void => {
      logger.info({ path, rules: policy.rules?.length }, "access file reloaded");
      onPolicy(policy);
    };
    return Rules.open(config, path, { changed, refused }).catch((error: Error) => {
      throw new Error(`${path}: ${error.message}`, { cause: error });
    });
  }
}

async function openAccounts({ baseDirectory, config, logger }: SetupOptions): Promise<AccountFile> {
  const path = resolve(baseDirectory, config.password_file);
  const reading = { format: config.password_file_format, hash: config.hash };
  const file = new AccountFile(path, reading, {
    changed: (accounts) => logger.info({ path, accounts }, "accounts reloaded"),
    refused: (error) => logger.error({ path, reason: error.message }, "password file refused, the old accounts stay"),
  });
  if (!sourceNames(config).includes("password")) return file;
  let present: boolean;
  try {
    present = await file.load();
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`, { cause: error });
  }
  if (!present) logger.warn({ path }, "there is no password file, so there are no accounts");
  await file.watch();
  return file;
}

async function openSource(
  name: SourceName,
  { baseDirectory, clock, config, logger }: SetupOptions,
  file: AccountFile,
  hasher: Hasher,
): Promise<CredentialSource> {
  if (name === "jwt" && config.jwt !== undefined) {
    const path = (relative: string): string => resolve(baseDirectory, relative);
    return await JwtSource.open({ config: config.jwt, resolve: path, now: () => clock.now(), logger });
  }
  if (name === "http" && config.http !== undefined) {
    const monotonic = (): number => clock.monotonic();
    return new HttpSource({ config: config.http, monotonic, now: () => clock.now(), logger });
  }
  const cache = new LoginCache(config.login_cache);
  return new PasswordSource({ file, hasher, cache, upgrade: config.upgrade_hashes, logger });
}

/** In the order in which they are asked. */
function sourceNames({ http, jwt, sources }: AuthConfig): readonly SourceName[] {
  return (
    sources ?? [
      "password",
      ...(jwt === undefined ? [] : ["jwt" as const]),
      ...(http === undefined ? [] : ["http" as const]),
    ]
  );
}

/** gmqtt's `hash: bcrypt` asks for bcrypt; its other hashes are not made any more. */
export function policyOf({ argon2, bcrypt_cost, hash, new_hash }: AuthConfig): ConstructorParameters<typeof Hasher>[1] {
  return { newHash: new_hash ?? (hash === "bcrypt" ? "bcrypt" : "argon2id"), argon2, bcryptCost: bcrypt_cost };
}
