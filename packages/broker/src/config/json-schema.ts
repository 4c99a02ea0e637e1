/** The declaration as a JSON Schema, with which editors complete and check configuration files. */

import { formats } from "./formats.ts";
import { configKeys } from "./keys/index.ts";
import type { Keys, OptionSpec } from "./spec.ts";

type Schema = Record<string, unknown>;

const DURATION =
  "^(?=.)(0|(\\d+(\\.\\d+)?d)?(\\d+(\\.\\d+)?h)?(\\d+(\\.\\d+)?m)?(\\d+(\\.\\d+)?s)?(\\d+(\\.\\d+)?ms)?)$";

/** JSON Schema (draft 7, which editors for YAML understand best) of a configuration file. */
export function configJsonSchema(): object {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Configuration of gmqttd",
    ...keysSchema(configKeys, false),
  };
}

function keysSchema(keys: Keys, open: boolean): Schema {
  const entries = Object.entries(keys);
  const required = entries.filter(([, spec]) => spec.required === true).map(([key]) => key);
  const properties = entries.flatMap(([key, spec]) => {
    const schema = { description: spec.doc, ...optionSchema(spec) };
    const aliases = (spec.aliases ?? []).map((alias) => [alias, { ...schema, description: `The same as ${key}.` }]);
    return [[key, schema], ...aliases] as [string, Schema][];
  });
  return {
    type: "object",
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: open ? { type: "object" } : false,
  };
}

function optionSchema(spec: OptionSpec): Schema {
  switch (spec.kind) {
    case "section":
      // `mqtt:` with nothing in it is null in YAML and means the defaults.
      return { ...keysSchema(spec.keys, spec.open === true), type: ["object", "null"] };
    case "list":
      return { type: "array", items: keysSchema(spec.keys, false), ...defaultOf(spec) };
    case "opaque":
      return { type: ["object", "null"] };
    case "duration":
      return { type: ["string", "integer"], pattern: DURATION, maximum: 0, minimum: 0, ...defaultOf(spec) };
    case "integer":
      return { type: "integer", minimum: spec.min, maximum: spec.max, ...defaultOf(spec) };
    case "boolean":
      return { type: "boolean", ...defaultOf(spec) };
    case "choice":
      return { enum: spec.values, ...defaultOf(spec) };
    case "text":
      return { type: "string", ...patternOf(spec), ...defaultOf(spec) };
    case "text-list":
      return {
        type: "array",
        items: { type: "string", ...patternOf(spec) },
        ...(spec.minItems === undefined ? {} : { minItems: spec.minItems }),
        ...(spec.unique === true ? { uniqueItems: true } : {}),
        ...defaultOf(spec),
      };
  }
}

function defaultOf(spec: { readonly default?: unknown }): Schema {
  return spec.default === undefined ? {} : { default: spec.default };
}

function patternOf(spec: Extract<OptionSpec, { kind: "text" | "text-list" }>): Schema {
  return spec.format === undefined ? {} : { pattern: formats[spec.format].pattern };
}
