/** The declaration as TypeScript: options.ts and options-input.ts, with every key's description where editors show it. */

import { configKeys } from "./keys/index.ts";
import { camelCase, joinPath } from "./names.ts";
import type { Keys, OptionSpec } from "./spec.ts";

/** `value`: complete, as the broker reads it. `input`: partial, as it may be given in code. */
export type Side = "value" | "input";

const heads: Readonly<Record<Side, string>> = {
  value: "The configuration as the broker reads it: camelCase, complete, durations in milliseconds.",
  input: "The configuration as it may be given in code: camelCase, partial, durations also as texts.",
};

const origin = "Made from the declaration in keys/ by types-source.test.ts; vitest -u writes it anew.";

const wholeDoc: Readonly<Record<Side, string>> = {
  value:
    "The resolved configuration: filled with defaults, checked and frozen. Made by `resolveConfig` and `readConfig`.",
  input: "A configuration as given in code. What is left out takes its default.",
};

/** Source text of options.ts (`value`) or options-input.ts (`input`). */
export function configTypesSource(side: Side): string {
  const named = Object.entries(configKeys).filter((entry): entry is [string, Branch] => "keys" in entry[1]);
  return [
    `/**\n * ${heads[side]}\n * ${origin}\n */\n`,
    declaration("Broker", side, wholeDoc[side], configKeys, ""),
    ...named.map(([key, spec]) => declaration(typeStem(key, spec), side, spec.doc, spec.keys, key, spec)),
  ].join("\n");
}

type Branch = Extract<OptionSpec, { readonly keys: Keys }>;

function declaration(stem: string, side: Side, doc: string, keys: Keys, path: string, spec?: Branch): string {
  const name = `${stem}Config${side === "input" ? "Input" : ""}`;
  return `/** ${doc} */\nexport interface ${name} {\n${members(keys, side, path, spec)}}\n`;
}

/** `listeners` as `Listener`, `topic_alias_manager` as `TopicAliasManager`: an item of a list is one of its kind. */
function typeStem(key: string, { kind }: Branch): string {
  const name = camelCase(`_${key}`);
  return kind === "list" ? name.replace(/s$/, "") : name;
}

function members(keys: Keys, side: Side, path: string, within?: Branch): string {
  const lines = Object.entries(keys).map(([key, spec]) => {
    const mayLack = side === "input" ? spec.required !== true : spec.optional === true;
    const type = typeOf(key, spec, side, joinPath(path, key));
    const orUndefined = mayLack && side === "input" ? " | undefined" : "";
    return `/** ${describeKey(spec, side)} */\nreadonly ${camelCase(key)}${mayLack ? "?" : ""}: ${type}${orUndefined};\n`;
  });
  const open = within?.kind === "section" && within.open === true ? ["readonly [section: string]: unknown;\n"] : [];
  return [...lines, ...open].join("");
}

/** What the key means, its unit and its default. */
function describeKey(spec: OptionSpec, side: Side): string {
  const given = "default" in spec && typeof spec.default !== "object" ? spec.default : undefined;
  const byDefault = given === undefined ? "" : `Default: ${given === "" ? "empty" : given}.`;
  return [spec.doc, unitOf(spec, side), byDefault].filter((part) => part !== "").join(" ");
}

function unitOf(spec: OptionSpec, side: Side): string {
  if (spec.kind === "duration")
    return side === "input" ? "Milliseconds, or a text such as `2h`." : "Unit: milliseconds.";
  return spec.kind === "integer" && spec.unit !== undefined ? `Unit: ${spec.unit}.` : "";
}

function typeOf(key: string, spec: OptionSpec, side: Side, path: string): string {
  switch (spec.kind) {
    case "duration":
      return side === "input" ? "number | string" : "number";
    case "integer":
      return "number";
    case "boolean":
      return "boolean";
    case "text":
      return "string";
    case "choice":
      return spec.values.map((value) => JSON.stringify(value)).join(" | ");
    case "text-list":
      return "readonly string[]";
    case "opaque":
      return "Readonly<Record<string, unknown>>";
    case "section":
    case "list": {
      const name = `${typeStem(key, spec)}Config${side === "input" ? "Input" : ""}`;
      const type = path === key ? name : `{\n${members(spec.keys, side, path, spec)}}`;
      return spec.kind === "section" ? type : `readonly ${type}[]`;
    }
  }
}
