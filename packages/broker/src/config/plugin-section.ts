/** Checks the section of a plugin with the plugin's own schema, so that its errors look like all the others. */

import { ConfigError } from "../errors.ts";
import type { ConfigSchema, PluginDefinition, SchemaIssue } from "../plugin/plugin.ts";
import { unknownKey } from "./issues.ts";

/** A plugin's section as its schema made it, or what is wrong with it. */
export type PluginSectionResult =
  | { readonly ok: true; readonly section: unknown }
  | { readonly ok: false; readonly errors: readonly ConfigError[] };

/**
 * Checks a section with the plugin's `configSchema`. `path` is where it stands, for example `plugins.auth`. Keys with
 * nothing behind the colon mean the plugin's default, and `package` is for whoever finds the plugin.
 */
export function readPluginSection(definition: PluginDefinition, given: unknown, path: string): PluginSectionResult {
  if (given !== undefined && given !== null && typeof given !== "object") {
    return { ok: false, errors: [new ConfigError(path, "must be a mapping of keys")] };
  }
  const entries = Object.entries(given ?? {}).filter(([key, value]) => key !== "package" && value !== null);
  const section = Object.fromEntries(entries);
  const { configSchema: schema, name } = definition;
  if (schema === undefined) {
    const errors = entries.map(
      ([key]) => new ConfigError(`${path}.${key}`, `unknown key, plugin ${name} takes no configuration`),
    );
    return errors.length === 0 ? { ok: true, section } : { ok: false, errors };
  }
  const result = schema.safeParse(section);
  if (result.success) return { ok: true, section: result.data };
  return { ok: false, errors: result.error.issues.flatMap((issue) => sectionErrors(path, issue, pluginKeys(schema))) };
}

/** The keys that a plugin's schema knows, where it says so, as zod's objects do with `shape`. */
export function pluginKeys(schema: ConfigSchema<unknown> | undefined): readonly string[] {
  const { shape } = (schema ?? {}) as { readonly shape?: unknown };
  return typeof shape === "object" && shape !== null ? Object.keys(shape) : [];
}

/** zod reports unknown keys together; each becomes an error of its own, with a guess. */
function sectionErrors(path: string, issue: SchemaIssue, known: readonly string[]): ConfigError[] {
  const here = [path, ...issue.path.map(String)].join(".");
  const { keys } = issue as { readonly keys?: unknown };
  if (!Array.isArray(keys)) {
    return [new ConfigError(here, issue.message.charAt(0).toLowerCase() + issue.message.slice(1))];
  }
  return keys.map((key: unknown) => unknownKey(here, String(key), issue.path.length === 0 ? known : []));
}
