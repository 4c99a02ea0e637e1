/** The declaration as docs/configuration.md. */

import { environmentName } from "./environment.ts";
import { formats } from "./formats.ts";
import { configKeys } from "./keys/index.ts";
import { joinPath } from "./names.ts";
import type { OptionSpec } from "./spec.ts";

const introduction = `<!-- Made from packages/broker/src/config/keys by reference-page.test.ts; vitest -u writes it anew. -->

# Configuration

gmqttd reads one YAML file (\`gmqttd start -c FILE\`), the environment and its flags. Every key has a default, so an empty
file is a complete one. Keys, names and defaults are those of gmqtt; a gmqtt file works unchanged.

- **Precedence**: flags > environment > file > defaults. \`gmqttd print-config -c FILE\` shows what comes out, and from where.
- **Unknown keys are errors**, with a path and a guess: \`mqtt.max_inflght: unknown key, did you mean max_inflight?\`
- **Environment**: \`GMQTT_\` and the path in capitals, levels parted by two underscores: \`GMQTT_MQTT__MAX_INFLIGHT=50\`. Places in
  lists are numbers: \`GMQTT_LISTENERS__0__ADDRESS=:1884\`. Values are read as YAML; lists of texts may be \`a,b\`. With \`_FILE\` behind
  the name, the value is read from a file, as secrets are handed to containers: \`GMQTT_PERSISTENCE__REDIS__PASSWORD_FILE=/run/secrets/redis\`.
- **Flags**: \`--set mqtt.max_inflight=50\` for any key.
- **Durations** are texts of numbers and units (ms, s, m, h, d): \`500ms\`, \`20s\`, \`1h30m\`. In code they are milliseconds or such texts.
- **Reload**: \`gmqttd reload\` (SIGHUP) puts keys marked _live_ in force without a restart, certificates too; for the rest gmqttd says
  that a restart is needed. A file with errors changes nothing.
- **In code** (\`createBroker({ config: resolveConfig({ mqtt: { maxInflight: 50 } }) })\`) the keys are the same in camelCase.
- **In editors**: begin the file with \`# yaml-language-server: $schema=\` and the path of \`config.schema.json\` in the package gmqttd.
`;

/** Markdown of the reference page. */
export function configReferencePage(): string {
  const sections = Object.entries(configKeys).flatMap(([key, spec]) => page(spec, key, 2));
  return `${introduction}\n${sections.join("\n")}`;
}

/** One heading per top-level key and per section in it, with a list of the keys that hold values. */
function page(spec: OptionSpec, path: string, level: number): string[] {
  const heading = `${"#".repeat(level)} ${path}\n\n${spec.doc}\n`;
  if (spec.kind !== "section" && spec.kind !== "list") return [`${heading}\n${facts(spec, path)}\n`];
  const given = spec.kind === "list" ? `\nDefault: \`${JSON.stringify(spec.default)}\`\n` : "";
  const within = spec.kind === "list" ? `${path}[]` : path;
  const entries = Object.entries(spec.keys);
  const values = entries.filter(([, option]) => !holdsKeys(option));
  const nested = entries.filter(([, option]) => holdsKeys(option));
  return [
    [heading, given, values.length === 0 ? "" : "\n", ...values.map(([key, option]) => item(key, option, within))].join(
      "",
    ),
    ...nested.flatMap(([key, option]) => page(option, joinPath(within, key), level + 1)),
  ];
}

function holdsKeys(spec: OptionSpec): boolean {
  return spec.kind === "section" || spec.kind === "list";
}

function item(key: string, spec: OptionSpec, within: string): string {
  const also = spec.aliases === undefined ? "" : ` (also \`${spec.aliases.join("`, `")}\`)`;
  return `- **\`${key}\`**${also}: ${spec.doc}\n  ${facts(spec, joinPath(within, key))}\n`;
}

/** Default, allowed values, when a change takes effect, and the variable. */
function facts(spec: OptionSpec, path: string): string {
  const change = spec.kind === "opaque" ? "the plugin decides on changes" : spec.live === true ? "live" : "restart";
  const variable = environmentName(path.replaceAll("[]", ".0").split("."));
  return `${[defaultText(spec), allowed(spec), change, `\`${variable}\``].join("; ")}.`;
}

function defaultText(spec: OptionSpec): string {
  if (spec.required === true) return "Required";
  if (spec.kind === "section" || spec.kind === "opaque" || spec.default === undefined) return "No default";
  const isText = typeof spec.default !== "object" && spec.default !== "";
  return `Default \`${isText ? spec.default : JSON.stringify(spec.default)}\``;
}

function allowed(spec: OptionSpec): string {
  switch (spec.kind) {
    case "duration":
      return `duration${spec.min === undefined ? "" : ` from ${spec.min}`}${spec.zero === undefined ? "" : ` (0: ${spec.zero})`}`;
    case "integer":
      return `${spec.min} to ${spec.max}${spec.unit === undefined ? "" : ` ${spec.unit}`}`;
    case "boolean":
      return "true, false";
    case "choice":
      return spec.values.join(", ");
    case "text":
      return spec.format === undefined ? "text" : formats[spec.format].description;
    case "text-list":
      return spec.format === undefined ? "list of texts" : `list; each ${formats[spec.format].description}`;
    case "list":
      return "list";
    case "section":
    case "opaque":
      return "mapping";
  }
}
