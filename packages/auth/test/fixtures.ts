/** A broker in virtual time that runs with the plugin alone. */

import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Plugin, resolveConfig, silentLogger } from "@gmqtt/broker";
import { createTestBroker, type TestBroker, type TestBrokerOptions } from "@gmqtt/testing";
import { onTestFinished } from "vitest";
import auth from "../src/index.ts";
import { folderWith } from "../src/testing/temporary-folder.ts";

/** Cheap, so that tests are about something else. */
const CHEAP = { argon2: { memory: 1024, iterations: 1 } };

/** gmqtt's hash of a password. */
export function md5(password: string): string {
  return createHash("md5").update(password).digest("hex");
}

/** A password file in gmqtt's format; every password is the name backwards. */
export function accountsOf(...names: readonly string[]): string {
  return names.map((name) => `- username: ${name}\n  password: ${md5(backwards(name))}\n`).join("");
}

function backwards(name: string): string {
  return [...name].reverse().join("");
}

/** What a client of `accountsOf` says. */
export function login(username: string): { readonly username: string; readonly password: string } {
  return { username, password: backwards(username) };
}

export interface Running {
  readonly broker: TestBroker;
  readonly plugin: Plugin;
  readonly folder: string;
  /** The password file. */
  readonly file: string;
}

/** Options beside the plugin's section. */
export interface RunOptions extends Omit<TestBrokerOptions, "plugins"> {
  /** Names with accounts. */
  readonly accounts?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  readonly plugins?: readonly Plugin[];
}

function makePlugin(section: object, baseDirectory: string): Plugin {
  const result = auth.configSchema?.safeParse(section);
  if (result?.success !== true) throw new Error(JSON.stringify(result?.error.issues));
  const config = resolveConfig({ listeners: [] });
  return auth.create(result.data, { config, baseDirectory, logger: silentLogger });
}

/** Starts a broker with the plugin; it is stopped when the test ends. */
export async function run(section: object, options: RunOptions = {}): Promise<Running> {
  const { accounts = ["alice", "bob"], files, plugins = [], ...rest } = options;
  const folder = folderWith({ "gmqtt_password.yml": accountsOf(...accounts), ...files });
  const plugin = makePlugin({ ...CHEAP, ...section }, folder);
  // Hashing is real work in a real thread, on a machine that others use.
  const broker = await createTestBroker({ patience: 10_000, ...rest, plugins: [plugin, ...plugins] });
  onTestFinished(() => broker.stop());
  return { broker, plugin, folder, file: join(folder, "gmqtt_password.yml") };
}
