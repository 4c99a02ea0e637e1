/** Reads a configuration against its declaration: fills defaults, checks, and collects every error instead of the first. */

import { ConfigError } from "../errors.ts";
import { camelCase, describe, joinPath, type Naming, spell } from "./names.ts";
import { readScalar } from "./scalars.ts";
import type { Keys, ListSpec, OptionSpec, SectionSpec } from "./spec.ts";
import { nearest } from "./suggest.ts";

/** One reading: how keys are spelt where the configuration comes from, and what was found wrong so far. */
export interface Reading {
  readonly naming: Naming;
  readonly errors: ConfigError[];
}

/** Reads a mapping of declared keys; the result is complete only if `reading.errors` stayed empty. */
export function readKeys(keys: Keys, value: unknown, path: string, reading: Reading, open = false): object {
  const given = asMapping(value, path, reading);
  const result: Record<string, unknown> = {};
  const names = new Map<string, string>();
  for (const [key, spec] of Object.entries(keys)) {
    for (const name of [key, ...(spec.aliases ?? [])]) names.set(spell(name, reading.naming), key);
  }
  const writtenAs = new Map<string, string>();
  for (const name of Object.keys(given)) {
    if (isAbsent(given[name])) continue;
    const key = names.get(name);
    if (key === undefined) {
      if (open && isMapping(given[name])) result[name] = copyPlain(given[name]);
      else reading.errors.push(unknownKey(path, name, names.keys()));
    } else if (writtenAs.has(key)) {
      reading.errors.push(new ConfigError(joinPath(path, name), `is the same key as ${writtenAs.get(key)}`));
    } else {
      writtenAs.set(key, name);
    }
  }
  for (const [key, spec] of Object.entries(keys)) {
    const name = writtenAs.get(key) ?? spell(key, reading.naming);
    const read = readOption(spec, given[name], joinPath(path, name), reading);
    if (read !== undefined) result[camelCase(key)] = read;
  }
  return result;
}

function readOption(spec: OptionSpec, given: unknown, path: string, reading: Reading): unknown {
  if (isAbsent(given)) {
    if (spec.required === true) reading.errors.push(new ConfigError(path, "is missing"));
    // An empty section is a section: `mqtt:` with every line in it commented out means the defaults.
    if (spec.optional === true && !(spec.kind === "section" && given === null)) return undefined;
  }
  switch (spec.kind) {
    case "section":
      return readSection(spec, given, path, reading);
    case "list":
      return readList(spec, given ?? spec.default ?? [], path, reading);
    case "opaque":
      return copyPlain(asMapping(given, path, reading));
    default:
      return readScalar(spec, isAbsent(given) ? spec.default : given, path, reading);
  }
}

function readSection(spec: SectionSpec, given: unknown, path: string, reading: Reading): object {
  return readKeys(spec.keys, given, path, reading, spec.open);
}

function readList(spec: ListSpec, given: unknown, path: string, reading: Reading): readonly object[] {
  if (!Array.isArray(given)) {
    reading.errors.push(new ConfigError(path, `must be a list, not ${describe(given)}`));
    return [];
  }
  return given.map((item: unknown, index) => readKeys(spec.keys, item, joinPath(path, index), reading));
}

function asMapping(value: unknown, path: string, reading: Reading): Record<string, unknown> {
  if (isAbsent(value)) return {};
  if (isMapping(value)) return value;
  reading.errors.push(new ConfigError(path, `must be a mapping of keys, not ${describe(value)}`));
  return {};
}

function unknownKey(path: string, name: string, known: Iterable<string>): ConfigError {
  const meant = nearest(name, known);
  const hint = meant === undefined ? undefined : `did you mean ${meant}?`;
  return new ConfigError(joinPath(path, name), "unknown key", { hint });
}

/** Absent are keys that aren't there and, as in gmqtt, keys with nothing behind the colon. */
function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** True for plain objects: not for lists, texts or instances of classes. */
export function isMapping(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A copy of mappings and lists, so that freezing the result does not freeze what the caller gave. */
export function copyPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyPlain);
  if (!isMapping(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, copyPlain(item)]));
}
