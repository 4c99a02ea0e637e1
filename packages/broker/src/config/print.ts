/** A resolved configuration as it would stand in a file, for `gmqttd print-config`. */

import { formatDuration } from "./duration.ts";
import { configKeys } from "./keys/index.ts";
import { camelCase } from "./names.ts";
import type { BrokerConfig } from "./options.ts";
import { hideSecrets } from "./secrets.ts";
import type { Keys, OptionSpec } from "./spec.ts";

/** The configuration with the keys and durations of files, complete, secrets hidden. */
export function printableConfig(config: BrokerConfig): Record<string, unknown> {
  return hideSecrets(printKeys(configKeys, config)) as Record<string, unknown>;
}

function printKeys(keys: Keys, values: object, open = false): Record<string, unknown> {
  const rest = { ...values } as Record<string, unknown>;
  const printed: Record<string, unknown> = {};
  for (const [key, spec] of Object.entries(keys)) {
    const name = camelCase(key);
    if (rest[name] !== undefined) printed[key] = printValue(spec, rest[name]);
    delete rest[name];
  }
  return open ? { ...printed, ...rest } : printed;
}

function printValue(spec: OptionSpec, value: unknown): unknown {
  switch (spec.kind) {
    case "duration":
      return formatDuration(value as number);
    case "section":
      return printKeys(spec.keys, value as object, spec.open);
    case "list":
      return (value as object[]).map((item) => printKeys(spec.keys, item));
    default:
      return value;
  }
}
