/** Asks a person for what the command line left open. */

import type { Readable, Writable } from "node:stream";
import { confirm, isCancel, multiselect, text } from "@clack/prompts";
import { HOOK_NAMES, type Hooks } from "@gmqtt/broker";
import { ChoiceError, type Choices, defaultOutput, parseName } from "./choices.ts";

/** Where the person is. */
export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** What is known already. */
export type GivenChoices = { readonly [K in keyof Choices]?: Choices[K] | undefined };

/** The person wants no plugin after all. */
export class Cancelled extends Error {}

/**
 * Asks for name, hooks, config and folder, those that are not given.
 *
 * @throws Cancelled on Escape or Ctrl-C
 */
export async function askChoices(given: GivenChoices, terminal: Terminal): Promise<Choices> {
  const names = given.name !== undefined && given.packageName !== undefined ? given : await askName(terminal);
  const { name, packageName } = names as Pick<Choices, "name" | "packageName">;
  const hooks = given.hooks ?? (await askHooks(terminal));
  const config =
    given.config ??
    answered(await confirm({ ...terminal, message: "Has it settings in the configuration file?", initialValue: true }));
  const output = given.output ?? (await askOutput(defaultOutput(packageName), terminal));
  return { name, packageName, hooks, config, output };
}

async function askName(terminal: Terminal): Promise<Pick<Choices, "name" | "packageName">> {
  const answer = await text({
    ...terminal,
    message: "What is the plugin called?",
    placeholder: "quiet-hours",
    validate: (value = "") => complaint(() => parseName(value)),
  });
  return parseName(answered(answer));
}

async function askHooks(terminal: Terminal): Promise<readonly (keyof Hooks)[]> {
  const options = HOOK_NAMES.map((value) => ({ value, label: value }));
  const message = "Which hooks does it wrap? (space to choose, enter when done)";
  const chosen = new Set(answered(await multiselect({ ...terminal, message, options, required: false, maxItems: 10 })));
  return HOOK_NAMES.filter((hook) => chosen.has(hook));
}

async function askOutput(initialValue: string, terminal: Terminal): Promise<string> {
  return answered(await text({ ...terminal, message: "In which folder?", initialValue, defaultValue: initialValue }));
}

function answered<T>(answer: T): Exclude<T, symbol> {
  if (isCancel(answer)) throw new Cancelled("cancelled, nothing was written");
  return answer as Exclude<T, symbol>;
}

function complaint(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof ChoiceError) return error.message;
    throw error;
  }
}
