/** The declaration as zod schemas: they know every key, fill in defaults, and collect every error instead of the first. */

import { z } from "zod";
import { findContradictions } from "./cross-checks.ts";
import { configKeys } from "./keys/index.ts";
import { copyPlain } from "./mapping.ts";
import { camelCase, type Naming, namesOf, spell } from "./names.ts";
import type { BrokerConfig } from "./options.ts";
import type { Keys, OptionSpec } from "./spec.ts";
import { type Complaint, mustBe, valueSchema } from "./value-schemas.ts";

const schemas = new Map<Naming, z.ZodType<BrokerConfig>>();

/** The schema of a whole configuration whose keys are spelt so; its output is what the broker reads. */
export function configSchema(naming: Naming): z.ZodType<BrokerConfig> {
  const known = schemas.get(naming);
  if (known !== undefined) return known;
  const keys = keysSchema(configKeys, naming) as z.ZodType<BrokerConfig>;
  const schema = keys.superRefine(
    (config, context) => {
      for (const { path, message } of findContradictions(config, naming)) {
        context.addIssue({ code: "custom", path, message });
      }
    },
    // Beside a key with a typo, its default would seem to contradict others.
    { when: ({ issues }) => issues.length === 0 },
  );
  schemas.set(naming, schema);
  return schema;
}

/** A mapping of declared keys. Sections of other names are only let into an open one. */
function keysSchema(keys: Keys, naming: Naming, open = false): z.ZodType<object> {
  const entries = Object.entries(keys).map(([key, spec]) => [spell(key, naming), optionSchema(spec, naming)]);
  const shape = Object.fromEntries(entries) as Record<string, z.ZodType>;
  return mapping()
    .transform((given) => underOneName(given, keys, naming))
    .pipe(open ? z.object(shape).catchall(plainMapping({ error: () => "unknown key" })) : z.strictObject(shape))
    .transform((read) => inCamelCase(read, keys));
}

function optionSchema(spec: OptionSpec, naming: Naming): z.ZodType {
  const schema = schemaOf(spec, naming);
  if (spec.required === true) return schema;
  return spec.optional === true ? schema.optional() : schema.prefault(defaultOf(spec));
}

function schemaOf(spec: OptionSpec, naming: Naming): z.ZodType {
  switch (spec.kind) {
    case "section":
      return keysSchema(spec.keys, naming, spec.open);
    case "list":
      return z.array(
        z.preprocess((item) => item ?? {}, keysSchema(spec.keys, naming)),
        mustBe("a list"),
      );
    case "opaque":
      return plainMapping();
    default:
      return valueSchema(spec, naming);
  }
}

/** Defaults are read as what is given is: as texts, and with the defaults of the keys within. */
function defaultOf(spec: OptionSpec): unknown {
  switch (spec.kind) {
    case "section":
    case "opaque":
      return {};
    case "list":
      return spec.default ?? [];
    default:
      return spec.default;
  }
}

/** Anything but lists, texts and instances of classes. */
function mapping(complaint: Complaint = mustBe("a mapping of keys")): z.ZodType<Record<string, unknown>> {
  return z.record(z.string(), z.unknown(), complaint);
}

/** What is handed on unread. */
function plainMapping(complaint?: Complaint): z.ZodType {
  return mapping(complaint).transform(copyPlain);
}

/**
 * Leaves out what is absent: keys with nothing behind the colon too, as in gmqtt, but an empty section is a section
 * (`mqtt:` with every line in it commented out). A key under another name gets its own, unless it has that already.
 */
function underOneName(given: Record<string, unknown>, keys: Keys, naming: Naming): Record<string, unknown> {
  const present = new Map(Object.entries(given).filter(([, value]) => value !== null && value !== undefined));
  for (const [key, spec] of Object.entries(keys)) {
    const [name, ...aliases] = namesOf(key, spec, naming);
    if (spec.kind === "section" && given[name] === null) present.set(name, {});
    const alias = aliases.find((other) => present.has(other));
    if (alias === undefined || present.has(name)) continue;
    present.set(name, present.get(alias));
    present.delete(alias);
  }
  return Object.fromEntries(present);
}

/** The broker reads camelCase; keys that nobody declared stay as they are written. */
function inCamelCase(read: Record<string, unknown>, keys: Keys): object {
  return Object.fromEntries(
    Object.entries(read).map(([name, value]) => [Object.hasOwn(keys, name) ? camelCase(name) : name, value]),
  );
}
