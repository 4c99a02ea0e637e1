/** The names of a key: `max_inflight` in files, `maxInflight` in code, `MAX_INFLIGHT` in the environment. */

/** Where a configuration was written, which decides how its keys are spelt. */
export type Naming = "file" | "code";

/** `max_inflight` as `maxInflight`. */
export function camelCase(key: string): string {
  return key.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** `maxInflight` as `max_inflight`. */
export function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The key as it is spelt there. */
export function spell(key: string, naming: Naming): string {
  return naming === "file" ? key : camelCase(key);
}

/** Every name that the key has there, its own first. */
export function namesOf(
  key: string,
  { aliases = [] }: { readonly aliases?: readonly string[] },
  naming: Naming,
): [string, ...string[]] {
  return [spell(key, naming), ...aliases.map((alias) => spell(alias, naming))];
}

/** `mqtt` and `max_inflight` as `mqtt.max_inflight`. */
export function joinPath(path: string, key: string | number): string {
  return path === "" ? String(key) : `${path}.${key}`;
}

/** What a value is, for an error text: `"abc"`, `12`, `a list`. */
export function describe(value: unknown): string {
  if (typeof value === "string") return value.length > 60 ? `"${value.slice(0, 57)}..."` : JSON.stringify(value);
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  return String(value);
}
