/** From what an application gives in code to the configuration that the broker reads. */

import { ConfigError } from "../errors.ts";
import { crossChecks } from "./cross-checks.ts";
import { configKeys } from "./keys/index.ts";
import type { BrokerConfig } from "./options.ts";
import type { BrokerConfigInput } from "./options-input.ts";
import { isMapping, type Reading, readKeys } from "./validate.ts";

/**
 * Fills the defaults into a configuration given in code, checks it and freezes it deeply. Keys are camelCase, durations
 * are milliseconds or texts such as `"2h"`; `null` and `undefined` mean the default.
 *
 * @throws {@link ConfigError} with the path of the first thing that is wrong; its message names the others too.
 */
export function resolveConfig(input: BrokerConfigInput = {}): BrokerConfig {
  const reading: Reading = { naming: "code", errors: [] };
  const config = resolve(input, reading);
  const [first, ...others] = reading.errors;
  if (first === undefined) return config;
  const message = first.message.slice(first.path === "" ? 0 : first.path.length + 2);
  const also = others.map((error) => `; ${describeConfigError(error)}`).join("");
  throw new ConfigError(first.path, `${withHint(message, first.hint)}${also}`, { hint: first.hint });
}

/** One line for people: path, what is wrong with it, and what was probably meant. */
export function describeConfigError(error: ConfigError): string {
  return withHint(error.message, error.hint);
}

function withHint(message: string, hint: string | undefined): string {
  return hint === undefined || message.endsWith(hint) ? message : `${message}, ${hint}`;
}

/** Reads, checks and freezes; for callers that spell keys as in files, or want every error by itself. */
export function resolve(input: unknown, reading: Reading): BrokerConfig {
  const config = readKeys(configKeys, input, "", reading) as BrokerConfig;
  if (reading.errors.length === 0) crossChecks(config, reading);
  return freeze(config);
}

function freeze<T>(value: T): T {
  if (!Array.isArray(value) && !isMapping(value)) return value;
  for (const item of Object.values(value)) freeze(item);
  return Object.freeze(value);
}
