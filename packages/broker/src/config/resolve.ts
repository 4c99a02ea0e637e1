/** From what an application gives in code to the configuration that the broker reads. */

import { ConfigError } from "../errors.ts";
import { issueErrors } from "./issues.ts";
import { isMapping } from "./mapping.ts";
import type { Naming } from "./names.ts";
import type { BrokerConfig } from "./options.ts";
import type { BrokerConfigInput } from "./options-input.ts";
import { configSchema } from "./schema.ts";

/**
 * Fills the defaults into a configuration given in code, checks it and freezes it deeply. Keys are camelCase, durations
 * are milliseconds or texts such as `"2h"`; `null` and `undefined` mean the default.
 *
 * @throws {@link ConfigError} with the path of the first thing that is wrong; its message names the others too.
 */
export function resolveConfig(input: BrokerConfigInput = {}): BrokerConfig {
  const resolved = resolve(input, "code");
  if (resolved.ok) return resolved.config;
  const [first, ...others] = resolved.errors;
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

/** A configuration, or everything that is wrong with it. */
export type Resolved =
  | { readonly ok: true; readonly config: BrokerConfig }
  | { readonly ok: false; readonly errors: readonly [ConfigError, ...ConfigError[]] };

/** Reads, checks and freezes; for callers that spell keys as in files, or want every error by itself. */
export function resolve(input: unknown, naming: Naming): Resolved {
  const result = configSchema(naming).safeParse(input ?? {}, { reportInput: true });
  if (result.success) return { ok: true, config: freeze(result.data) };
  return { ok: false, errors: issueErrors(result.error.issues, input, naming) as [ConfigError, ...ConfigError[]] };
}

function freeze<T>(value: T): T {
  if (!Array.isArray(value) && !isMapping(value)) return value;
  for (const item of Object.values(value)) freeze(item);
  return Object.freeze(value);
}
