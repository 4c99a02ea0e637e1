/** zod's issues as errors for people: with the path as it was written, and with what was probably meant. */

import type { z } from "zod";
import { ConfigError } from "../errors.ts";
import { configKeys } from "./keys/index.ts";
import { joinPath, type Naming, namesOf, snakeCase } from "./names.ts";
import { findKey } from "./paths.ts";
import type { OptionSpec } from "./spec.ts";
import { didYouMean, nearest } from "./suggest.ts";

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** An error for everything that is wrong with what was given, in the order of the declaration. */
export function issueErrors(issues: readonly Issue[], given: unknown, naming: Naming): ConfigError[] {
  return unknownKeysFirst(issues).flatMap((issue) => {
    const { path, value } = findWritten(issue.path, given, naming);
    if (issue.code !== "unrecognized_keys") {
      return new ConfigError(path, issue.message, { hint: hintFor(issue, naming) });
    }
    const keys = keysAt(issue.path, naming);
    return issue.keys.map((name) => sameKey(path, name, value as object, keys) ?? unknownKey(path, name, keys.flat()));
  });
}

/** The error for a key that nobody declared, with a guess at the one that was meant. */
export function unknownKey(path: string, name: string, known: Iterable<string>): ConfigError {
  return new ConfigError(joinPath(path, name), "unknown key", { hint: didYouMean(nearest(name, known)) });
}

/** A typo in a key often explains what is wrong behind it; zod tells of unknown keys last. */
function unknownKeysFirst(issues: readonly Issue[]): Issue[] {
  const ordered: Issue[] = [];
  for (const issue of issues) {
    const inSection = ({ path }: Issue): boolean => issue.path.every((segment, index) => path[index] === segment);
    const first = issue.code === "unrecognized_keys" ? ordered.findIndex(inSection) : -1;
    ordered.splice(first === -1 ? ordered.length : first, 0, issue);
  }
  return ordered;
}

/** Where a key and its value stand in what was given, which may call it by another of its names. */
function findWritten(path: Path, given: unknown, naming: Naming): { path: string; value: unknown } {
  let written = "";
  let value = given;
  for (const [index, segment] of path.entries()) {
    const spec = specAt(path.slice(0, index + 1));
    const within = (value ?? {}) as Readonly<Record<PropertyKey, unknown>>;
    const names = spec === undefined ? [] : namesOf(String(segment), spec, naming);
    const name = names.find((candidate) => (within[candidate] ?? null) !== null) ?? segment;
    written = joinPath(written, String(name));
    value = within[name];
  }
  return { path: written, value };
}

/** Two names of one key in the same section: the second one is too much. */
function sameKey(
  path: string,
  name: string,
  section: object,
  keys: readonly (readonly string[])[],
): ConfigError | undefined {
  const names = keys.find((candidates) => candidates.includes(name));
  if (names === undefined) return undefined;
  const [first = name, second = name] = Object.keys(section).filter((written) => names.includes(written));
  return new ConfigError(joinPath(path, second), `is the same key as ${first}`);
}

function hintFor(issue: Issue, naming: Naming): string | undefined {
  if (issue.code === "custom") return issue.params?.hint as string | undefined;
  const spec = specAt(issue.path);
  const { input } = issue;
  switch (spec?.kind) {
    case undefined:
      // Not declared, but within an open section, which lets in sections only.
      return didYouMean(nearest(String(issue.path.at(-1)), keysAt(issue.path.slice(0, -1), naming).flat()));
    case "choice":
      return typeof input === "string" ? didYouMean(nearest(input, textsOf(spec.values))) : undefined;
    case "text":
      return spec.format === undefined && input !== undefined ? 'put it in quotes: "..."' : undefined;
    case "duration":
      return typeof input === "number" && input > 0 && issue.code === "invalid_union"
        ? didYouMean(`${input}s`)
        : undefined;
    default:
      return undefined;
  }
}

/** Of numbers none is nearer than another. */
function textsOf(values: readonly (string | number)[]): string[] {
  return values.filter((value) => typeof value === "string");
}

/** The names of the keys that are declared in the section at a path. */
function keysAt(path: Path, naming: Naming): (readonly string[])[] {
  const spec = specAt(path);
  const keys = path.length === 0 ? configKeys : spec?.kind === "section" ? spec.keys : {};
  return Object.entries(keys).map(([key, option]) => namesOf(key, option, naming));
}

function specAt(path: Path): OptionSpec | undefined {
  return findKey(path.map((segment) => snakeCase(String(segment))))?.spec;
}
