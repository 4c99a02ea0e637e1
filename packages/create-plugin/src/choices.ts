/** What a plugin is made of, and how it may be written on a command line. */

import { HOOK_NAMES, type Hooks } from "@gmqtt/broker";

/** Everything that has to be known before a plugin is written. */
export interface Choices {
  /** As `plugin_order` will name it. */
  readonly name: string;
  /** As npm will know it. */
  readonly packageName: string;
  /** In the order of their declaration, each once. */
  readonly hooks: readonly (keyof Hooks)[];
  /** Whether it has a section of the configuration. */
  readonly config: boolean;
  /** Folder to write into; relative to where the command runs. */
  readonly output: string;
}

/** A choice that can't be; its message is for people. */
export class ChoiceError extends Error {}

/** Prefix of packages that gmqttd finds by the name of the plugin. */
const PREFIX = "gmqtt-plugin-";

/** Longest name of a plugin. */
const MAXIMUM_NAME = 40;

/**
 * The names of plugin and package: `quiet-hours` makes gmqtt-plugin-quiet-hours; the name of a package, as in
 * `@acme/gmqtt-plugin-quiet-hours` or `@acme/quiet-hours`, is kept.
 *
 * @throws ChoiceError
 */
export function parseName(text: string): Pick<Choices, "name" | "packageName"> {
  const [, scope = "", bare = ""] = /^(@[a-z0-9][a-z0-9._-]*\/)?(.*)$/.exec(text.trim()) ?? [];
  const name = bare.startsWith(PREFIX) ? bare.slice(PREFIX.length) : bare;
  if (!/^[a-z][a-z0-9]*([-_][a-z0-9]+)*$/.test(name)) {
    throw new ChoiceError(`name ${JSON.stringify(text)} must be of lowercase letters and digits, as in quiet-hours`);
  }
  if (name.length > MAXIMUM_NAME) {
    throw new ChoiceError(`name ${JSON.stringify(name)} has ${name.length} characters, the limit is ${MAXIMUM_NAME}`);
  }
  return { name, packageName: scope === "" ? `${PREFIX}${name}` : `${scope}${bare}` };
}

/** Folder of a package, where none is given: its name without the scope. */
export function defaultOutput(packageName: string): string {
  return packageName.replace(/^@.*\//, "");
}

/**
 * Hooks from a list with commas: `onBasicAuth`, `OnBasicAuth` as in Go, or in any case; `all` and `none` too.
 *
 * @throws ChoiceError for what is no hook
 */
export function parseHooks(text: string): readonly (keyof Hooks)[] {
  const asked = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const [only] = asked;
  if (asked.length === 1 && only === "all") return HOOK_NAMES;
  if (asked.length === 1 && only === "none") return [];
  const found = new Set(asked.map(findHook));
  return HOOK_NAMES.filter((hook) => found.has(hook));
}

/** @throws ChoiceError for what is neither yes nor no */
export function parseSwitch(text: string): boolean {
  if (/^(true|yes|1)$/i.test(text)) return true;
  if (/^(false|no|0)$/i.test(text)) return false;
  throw new ChoiceError(`config ${JSON.stringify(text)} must be true or false`);
}

function findHook(text: string): keyof Hooks {
  const hook = HOOK_NAMES.find((name) => name.toLowerCase() === text.toLowerCase());
  if (hook !== undefined) return hook;
  throw new ChoiceError(`there is no hook ${JSON.stringify(text)}, the hooks are ${HOOK_NAMES.join(", ")}`);
}
