/** From file, environment and flags to one checked configuration; flags > environment > file > defaults. */

import { ConfigError } from "../errors.ts";
import { type Assignment, assign, interpret } from "./assignments.ts";
import { type EnvironmentReader, readEnvironment } from "./environment.ts";
import { copyPlain, isMapping } from "./mapping.ts";
import type { BrokerConfig } from "./options.ts";
import { findKey, nearestPath } from "./paths.ts";
import { resolve } from "./resolve.ts";
import { didYouMean } from "./suggest.ts";

/** One value given on the command line. */
export interface ConfigFlag {
  /** Key with dots, as in `mqtt.max_inflight` or `listeners.0.address`. */
  readonly key: string;
  readonly value: string;
  /** The flag, for messages: `--set`, `--log-level`. */
  readonly flag: string;
}

/** Where a configuration comes from. */
export interface ConfigSources extends EnvironmentReader {
  /** The file, parsed; undefined without one, null when it is empty. */
  readonly document: unknown;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly flags?: readonly ConfigFlag[];
}

/** A configuration, or everything that is wrong with it. */
export type ReadConfigResult = (
  | { readonly ok: true; readonly config: BrokerConfig }
  | { readonly ok: false; readonly errors: readonly ConfigError[] }
) & {
  /** Who gave the value at a path such as `mqtt.max_inflight`: a variable, a flag, `file` or `default`. */
  readonly sourceOf: (path: string) => string;
};

/**
 * Reads a configuration whose keys are spelt as in files. Nothing is thrown: all that is wrong is collected, each with
 * its path, so that somebody can mend it in one go. Sections of plugins are taken as they are.
 */
export function readConfig(sources: ConfigSources): ReadConfigResult {
  const document = sources.document ?? {};
  if (!isMapping(document)) {
    const errors = [new ConfigError("", "the file must hold a mapping of keys")];
    return { ok: false, errors, sourceOf: () => "file" };
  }
  const errors: ConfigError[] = [];
  const merged = copyPlain(document) as Record<string, unknown>;
  const assignments = [...readEnvironment(sources.environment ?? {}, sources, errors), ...readFlags(sources, errors)];
  for (const assignment of assignments) {
    const error = assign(merged, assignment);
    if (error !== undefined) errors.push(error);
  }
  const resolved = resolve(merged, "file");
  const sourceOf = (path: string): string => setter(assignments, path)?.source ?? givenIn(document, path);
  if (resolved.ok && errors.length === 0) return { ...resolved, sourceOf };
  if (!resolved.ok) errors.push(...resolved.errors);
  return { ok: false, errors: errors.map((error) => blame(error, assignments)), sourceOf };
}

function readFlags({ flags = [], parseValue }: ConfigSources, errors: ConfigError[]): Assignment[] {
  return flags.flatMap(({ key, value, flag }): Assignment[] => {
    const found = findKey(key.split("."));
    if (found === undefined) {
      const meant = nearestPath(key.split("."), (path) => path.join("."));
      errors.push(new ConfigError(key, `unknown key (in ${flag})`, { hint: didYouMean(meant) }));
      return [];
    }
    try {
      return [{ path: found.path, value: interpret(found.path, found.spec, value, parseValue), source: flag }];
    } catch (error) {
      errors.push(new ConfigError(key, `${error instanceof Error ? error.message : error} (in ${flag})`));
      return [];
    }
  });
}

/** Names the variable or flag that a wrong value came from; nobody would look for it in the file otherwise. */
function blame(error: ConfigError, assignments: readonly Assignment[]): ConfigError {
  const source = setter(assignments, error.path)?.source;
  if (source === undefined) return error;
  const message = error.message.slice(error.path.length + 2);
  return new ConfigError(error.path, `${message} (set by ${source})`, { hint: error.hint });
}

/** The last assignment of the path itself or of something that it is part of. */
function setter(assignments: readonly Assignment[], path: string): Assignment | undefined {
  return assignments.findLast(({ path: set }) => path === set.join(".") || path.startsWith(`${set.join(".")}.`));
}

function givenIn(document: Record<string, unknown>, path: string): string {
  let value: unknown = document;
  const segments = path.split(".");
  for (const [index, segment] of segments.entries()) {
    if (typeof value !== "object" || value === null) return "default";
    const names = [segment, ...(findKey(segments.slice(0, index + 1))?.spec?.aliases ?? [])];
    const name = names.find((candidate) => candidate in (value as object));
    value = name === undefined ? undefined : (value as Record<string, unknown>)[name];
  }
  return value === undefined || value === null ? "default" : "file";
}
