/** The accounts of a configuration without a broker, for commands such as `gmqttd passwd`. */

import { resolve } from "node:path";
import { AccountFile } from "./accounts/account-file.ts";
import { configSchema } from "./config.ts";
import { HashPool } from "./passwords/hash-pool.ts";
import { Hasher } from "./passwords/hasher.ts";
import { policyOf } from "./setup.ts";

/** Which accounts. */
export interface AccountEditorOptions {
  /** The section `plugins.auth`, as written or as its schema made it. */
  readonly section: unknown;
  /** Folder that `password_file` starts from. */
  readonly baseDirectory: string;
}

/** Accounts in a file; a broker that runs on the same file picks up what changes. */
export interface AccountEditor {
  /** Absolute. */
  readonly path: string;
  /** Names, in the order of the file. */
  list(): readonly string[];
  has(username: string): boolean;
  /**
   * Adds the account or changes its password; resolves when it is safe on the disk. Rejects with `RangeError` for what no
   * CONNECT could carry.
   */
  set(username: string, password: Uint8Array): Promise<void>;
  /** False when there was none. */
  delete(username: string): Promise<boolean>;
  /** Is this the password? False for an unknown user as well. */
  verify(username: string, password: Uint8Array): Promise<boolean>;
  close(): Promise<void>;
}

/** What MQTT can carry, bytes. */
const LONGEST = 65_535;

/** Opens the password file that the section names; a file that is not there yet has no accounts. Rejects when it is broken. */
export async function openAccounts({ baseDirectory, section }: AccountEditorOptions): Promise<AccountEditor> {
  const result = configSchema.safeParse(section ?? {});
  if (!result.success) throw new Error(`plugins.auth: ${result.error.issues[0]?.message}`);
  const { data: config } = result;
  const path = resolve(baseDirectory, config.password_file);
  const file = new AccountFile(path, { format: config.password_file_format, hash: config.hash });
  await file.load().catch((error: Error) => {
    throw new Error(`${path}: ${error.message}`, { cause: error });
  });
  const pool = new HashPool(1, 1);
  const hasher = new Hasher(pool, policyOf(config));
  return {
    path,
    list: () => file.list.map(({ username }) => username),
    has: (username) => file.accounts.has(username),
    set: async (username, password) => {
      assertSendable("user name", Buffer.from(username));
      assertSendable("password", password);
      await file.set(username, await hasher.hash(password));
    },
    delete: (username) => file.delete(username),
    verify: async (username, password) => {
      const account = file.accounts.get(username);
      return account !== undefined && (await hasher.verify(account.stored, password, () => true));
    },
    close: async () => {
      await file.close();
      await pool.close();
    },
  };
}

function assertSendable(what: string, value: Uint8Array): void {
  if (value.length === 0) throw new RangeError(`the ${what} is empty`);
  if (value.length > LONGEST) throw new RangeError(`${what} of ${value.length} bytes exceeds ${LONGEST}`);
}
