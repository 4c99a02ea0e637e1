/** What a reload changes: which keys take effect while the broker runs, and which wait for a restart. */

import { isDeepStrictEqual } from "node:util";
import { configKeys } from "./keys/index.ts";
import { camelCase, joinPath } from "./names.ts";
import type { BrokerConfig } from "./options.ts";
import type { Keys, OptionSpec } from "./spec.ts";

/** The differences between two configurations, as paths spelt as in files: `mqtt.max_inflight`. */
export interface ConfigChanges {
  /** Keys declared to change live. */
  readonly live: readonly string[];
  /** Keys that need a restart. */
  readonly restart: readonly string[];
  /** Names of the plugins whose section changed; the plugin decides. */
  readonly plugins: readonly string[];
}

/** Compares two resolved configurations. */
export function compareConfigs(before: BrokerConfig, after: BrokerConfig): ConfigChanges {
  const changes = { live: [] as string[], restart: [] as string[], plugins: [] as string[] };
  const { plugins: _, ...keys } = configKeys;
  compareKeys(keys, before, after, "", changes);
  const names = new Set([...Object.keys(before.plugins), ...Object.keys(after.plugins)]);
  for (const name of names) {
    if (!isDeepStrictEqual(before.plugins[name], after.plugins[name])) changes.plugins.push(name);
  }
  return changes;
}

function compareKeys(
  keys: Keys,
  before: object,
  after: object,
  path: string,
  changes: { live: string[]; restart: string[] },
): void {
  for (const [key, spec] of Object.entries(keys)) {
    const was = (before as Record<string, unknown>)[camelCase(key)];
    const is = (after as Record<string, unknown>)[camelCase(key)];
    if (isDeepStrictEqual(was, is)) continue;
    const here = joinPath(path, key);
    if (canDescend(spec, was, is)) compareKeys(spec.keys, was as object, is as object, here, changes);
    else (spec.live === true ? changes.live : changes.restart).push(here);
  }
}

/** Sections are compared key by key, unless one side lacks them or they hold keys that nobody declared. */
function canDescend(spec: OptionSpec, was: unknown, is: unknown): spec is Extract<OptionSpec, { kind: "section" }> {
  return spec.kind === "section" && spec.open !== true && was !== undefined && is !== undefined;
}
