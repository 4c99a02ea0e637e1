/** `gmqttd passwd`: the accounts that the auth plugin lets in, changed from outside; a running broker picks it up. */

import { resolve } from "node:path";
import type { ConfigOptions } from "../config/flags.ts";
import { loadConfig } from "../config/load.ts";
import { CommandFailure, ExitCode, explain } from "../failure.ts";
import { importPlugin } from "../plugins/find.ts";
import { readPassword } from "../process/read-password.ts";

/** What `passwd` does. */
export type PasswdAction = "add" | "change" | "delete" | "verify" | "list";

/** Options of `passwd`. */
export interface PasswdOptions extends ConfigOptions {
  /** Password file; wins over the configuration. */
  readonly file?: string;
}

/** Accounts as @gmqtt/auth hands them out; found at run time, so described here. */
interface Accounts {
  readonly path: string;
  list(): readonly string[];
  has(username: string): boolean;
  set(username: string, password: Uint8Array): Promise<void>;
  delete(username: string): Promise<boolean>;
  verify(username: string, password: Uint8Array): Promise<boolean>;
  close(): Promise<void>;
}

type OpenAccounts = (options: { readonly section: unknown; readonly baseDirectory: string }) => Promise<Accounts>;

/** Carries out one action; passwords come from the terminal or from the standard input, never from the command line. */
export async function passwd(action: PasswdAction, username: string, options: PasswdOptions): Promise<ExitCode> {
  const accounts = await open(options);
  try {
    await actions[action](accounts, username);
  } finally {
    await accounts.close();
  }
  return ExitCode.Stopped;
}

const actions: Readonly<Record<PasswdAction, (accounts: Accounts, username: string) => Promise<void>>> = {
  async add(accounts, username) {
    if (accounts.has(username))
      throw failure(`${username} has an account already, change it with: gmqttd passwd change`);
    await accounts.set(username, await readPassword(username, true));
    say(`${accounts.path}: added ${username}`);
  },
  async change(accounts, username) {
    assertThere(accounts, username);
    await accounts.set(username, await readPassword(username, true));
    say(`${accounts.path}: changed ${username}`);
  },
  async delete(accounts, username) {
    assertThere(accounts, username);
    await accounts.delete(username);
    say(`${accounts.path}: deleted ${username}`);
  },
  async verify(accounts, username) {
    const right = await accounts.verify(username, await readPassword(username, false));
    if (!right) throw failure("wrong user name or password");
    say("the password is right");
  },
  async list(accounts) {
    for (const username of accounts.list()) say(username);
  },
};

async function open(options: PasswdOptions): Promise<Accounts> {
  const { config, file } = await loadConfig(options);
  const section = { ...(config.plugins.auth as object | undefined) };
  const { module, specifier } = await importPlugin("auth", config, file);
  const { openAccounts } = module as { readonly openAccounts?: OpenAccounts };
  if (openAccounts === undefined) throw failure(`${specifier} keeps no accounts in a file`);
  const { package: _, ...own } = section as { readonly package?: unknown };
  const override = options.file === undefined ? {} : { password_file: resolve(options.file) };
  try {
    const given = Object.entries({ ...own, ...override }).filter(([, value]) => value !== null);
    return await openAccounts({ section: Object.fromEntries(given), baseDirectory: file.baseDirectory });
  } catch (error) {
    throw new CommandFailure(ExitCode.Failed, [explain(error)], { cause: error });
  }
}

function assertThere(accounts: Accounts, username: string): void {
  if (!accounts.has(username)) throw failure(`no account ${username} in ${accounts.path}`);
}

function failure(line: string): CommandFailure {
  return new CommandFailure(ExitCode.Failed, [line]);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
