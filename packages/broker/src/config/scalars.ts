/** How one value is read: durations, numbers, choices, texts. */

import { ConfigError } from "../errors.ts";
import { formatDuration, parseDuration } from "./duration.ts";
import { formatError } from "./formats.ts";
import { describe, joinPath } from "./names.ts";
import type { ChoiceSpec, DurationSpec, IntegerSpec, OptionSpec, TextListSpec, TextSpec } from "./spec.ts";
import { nearest } from "./suggest.ts";
import type { Reading } from "./validate.ts";

/** Every kind of key that holds no further keys. */
export type ScalarSpec = Exclude<OptionSpec, { readonly kind: "section" | "list" | "opaque" }>;

/** Reads one value; undefined, with the error noted, when it can't be used. */
export function readScalar(spec: ScalarSpec, value: unknown, path: string, reading: Reading): unknown {
  if (value === undefined) return undefined;
  switch (spec.kind) {
    case "duration":
      return readDuration(spec, value, path, reading);
    case "integer":
      return readInteger(spec, value, path, reading);
    case "boolean":
      return typeof value === "boolean"
        ? value
        : refuse(reading, path, `must be true or false, not ${describe(value)}`);
    case "choice":
      return readChoice(spec, value, path, reading);
    case "text":
      return readText(spec, value, path, reading);
    case "text-list":
      return readTextList(spec, value, path, reading);
  }
}

function readDuration(spec: DurationSpec, value: unknown, path: string, reading: Reading): number | undefined {
  const milliseconds = typeof value === "string" ? parseDuration(value) : value;
  // In a file a bare number would have to be guessed at: seconds or milliseconds. Only 0 is the same in all units.
  const usable = typeof value !== "number" || reading.naming === "code" || value === 0;
  if (!usable || typeof milliseconds !== "number" || !Number.isFinite(milliseconds) || milliseconds < 0) {
    const hint = typeof value === "number" && value > 0 ? `did you mean ${value}s?` : undefined;
    return refuse(reading, path, `must be a duration such as 2h, 20s or 500ms, not ${describe(value)}`, hint);
  }
  if (milliseconds === 0) return spec.zero === undefined ? refuse(reading, path, "must not be 0") : 0;
  const min = parseDuration(spec.min ?? "0")!;
  const max = parseDuration(spec.max ?? longestDuration)!;
  if (milliseconds < min || milliseconds > max) {
    const bounds = `from ${formatDuration(min)} to ${formatDuration(max)}`;
    return refuse(reading, path, `must be ${bounds}, not ${formatDuration(milliseconds)}`);
  }
  return milliseconds;
}

/** What the protocol can say: session and message expiry are 32-bit numbers of seconds [MQTT 5.0 section 3.1.2.11.2]. */
const longestDuration = "4294967295s";

function readInteger(spec: IntegerSpec, value: unknown, path: string, reading: Reading): number | undefined {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= spec.min && value <= spec.max) return value;
  return refuse(reading, path, `must be a whole number from ${spec.min} to ${spec.max}, not ${describe(value)}`);
}

function readChoice(spec: ChoiceSpec, value: unknown, path: string, reading: Reading): string | number | undefined {
  const choice = spec.values.find((candidate) => candidate === value);
  if (choice !== undefined) return choice;
  const words = spec.values.filter((candidate) => typeof candidate === "string");
  const meant = typeof value === "string" ? nearest(value, words) : undefined;
  const hint = meant === undefined ? undefined : `did you mean ${meant}?`;
  return refuse(reading, path, `must be one of ${spec.values.join(", ")}, not ${describe(value)}`, hint);
}

function readText(spec: Pick<TextSpec, "format">, value: unknown, path: string, reading: Reading): string | undefined {
  const error = spec.format === undefined ? undefined : formatError(spec.format, value, path);
  if (error !== undefined) reading.errors.push(error);
  else if (typeof value === "string") return value;
  else refuse(reading, path, `must be text, not ${describe(value)}`, 'put it in quotes: "..."');
  return undefined;
}

function readTextList(spec: TextListSpec, value: unknown, path: string, reading: Reading): string[] | undefined {
  if (!Array.isArray(value)) return refuse(reading, path, `must be a list of texts, not ${describe(value)}`);
  if (value.length < (spec.minItems ?? 0)) return refuse(reading, path, `must have at least ${spec.minItems} item`);
  const seen = new Set<unknown>();
  const texts: string[] = [];
  for (const [index, item] of value.entries()) {
    const itemPath = joinPath(path, index);
    const text = readText(spec, item, itemPath, reading);
    if (spec.unique === true && seen.has(item)) refuse(reading, itemPath, `${describe(item)} stands there twice`);
    seen.add(item);
    if (text !== undefined) texts.push(text);
  }
  return texts;
}

function refuse(reading: Reading, path: string, message: string, hint?: string): undefined {
  reading.errors.push(new ConfigError(path, message, { hint }));
  return undefined;
}
