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
  return { ok: false, errors: result.error.issues.flatMap((issue) => sectionErrors(path, issue, schema)) };
}

/** The keys that a plugin's schema knows, where it says so, as zod's objects do with `shape`. */
export function pluginKeys(schema: ConfigSchema<unknown> | undefined): readonly string[] {
  return Object.keys(shapeOf(schema) ?? {});
}

/** What zod's schemas say of themselves; of others nothing is known. */
interface SchemaFacts {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly def?: { readonly innerType?: unknown; readonly in?: unknown; readonly element?: unknown };
}

/** The schemas by key of an object, whatever is wrapped around it: optional, with a default, transformed. */
function shapeOf(schema: unknown): SchemaFacts["shape"] {
  const { def, shape } = (schema ?? {}) as SchemaFacts;
  if (typeof shape === "object") return shape;
  const inner = def?.innerType ?? def?.in;
  return inner === undefined ? undefined : shapeOf(inner);
}

function elementOf(schema: unknown): unknown {
  const { def } = (schema ?? {}) as SchemaFacts;
  return def?.element ?? (def?.innerType === undefined ? undefined : elementOf(def.innerType));
}

/** The keys that are known at a place in a section. */
function keysAt(schema: unknown, path: readonly PropertyKey[]): readonly string[] {
  let here = schema;
  for (const step of path) here = typeof step === "number" ? elementOf(here) : shapeOf(here)?.[String(step)];
  return Object.keys(shapeOf(here) ?? {});
}

/** zod reports unknown keys together; each becomes an error of its own, with a guess. */
function sectionErrors(path: string, issue: SchemaIssue, schema: unknown): ConfigError[] {
  const here = [path, ...issue.path.map(String)].join(".");
  const { keys } = issue as { readonly keys?: unknown };
  if (!Array.isArray(keys)) {
    return [new ConfigError(here, issue.message.charAt(0).toLowerCase() + issue.message.slice(1))];
  }
  return keys.map((key: unknown) => unknownKey(here, String(key), keysAt(schema, issue.path)));
}
