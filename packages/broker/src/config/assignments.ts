/** Single values from outside the file (environment, flags), and how they are laid over it. */

import { ConfigError } from "../errors.ts";
import { copyPlain, isMapping } from "./mapping.ts";
import { findKey, isIndex } from "./paths.ts";
import { isSecret } from "./secrets.ts";
import type { OptionSpec } from "./spec.ts";

/** One key set from outside the file. */
export interface Assignment {
  readonly path: readonly string[];
  readonly value: unknown;
  /** Who set it, for messages: `GMQTT_LOG__LEVEL`, `--log-level`. */
  readonly source: string;
}

/** What a text given for a key means: keys that are texts take it as it is, others as YAML says. */
export function interpret(
  path: readonly string[],
  spec: OptionSpec | undefined,
  text: string,
  parseValue: (text: string) => unknown,
): unknown {
  switch (spec?.kind) {
    case "text":
    case "duration":
      return text;
    case "choice":
      return spec.values.find((value) => String(value) === text) ?? text;
    case "text-list":
      if (text.trim() === "") return [];
      return text.trimStart().startsWith("[") ? parseValue(text) : text.split(",").map((item) => item.trim());
    case undefined:
      // "0123" and "1e5" are passwords here, not numbers.
      return isSecret(path.at(-1) ?? "") ? text : parseValue(text);
    default:
      return parseValue(text);
  }
}

/** Lays an assignment over a document; answers what is wrong with it, if anything. */
export function assign(
  document: Record<string, unknown>,
  { path, value, source }: Assignment,
): ConfigError | undefined {
  let container: unknown = document;
  for (const [index, key] of path.entries()) {
    const last = index === path.length - 1;
    const here = path.slice(0, index);
    if (Array.isArray(container)) {
      if (!isIndex(key) || Number(key) > container.length) {
        const hint = `the next free place is ${container.length}`;
        return new ConfigError(path.slice(0, index + 1).join("."), `leaves a gap in the list (set by ${source})`, {
          hint,
        });
      }
    } else if (!isMapping(container)) {
      // The file has something else here; the validation that follows says so.
      return undefined;
    }
    const holder = container as Record<string, unknown>;
    if (last) dropAliases(holder, [...here, key]);
    if (last) holder[key] = value;
    else holder[key] ??= emptyValue([...here, key]);
    container = holder[key];
  }
  return undefined;
}

/** What an assignment replaces may stand in the file under another name. */
function dropAliases(holder: Record<string, unknown>, path: readonly string[]): void {
  for (const alias of findKey(path)?.spec?.aliases ?? []) delete holder[alias];
}

/** Lists that the file lacks begin as the default list, so that `listeners.0.address` changes the first default one. */
function emptyValue(path: readonly string[]): unknown {
  const spec = findKey(path)?.spec;
  return spec?.kind === "list" || spec?.kind === "text-list" ? copyPlain(spec.default ?? []) : {};
}
