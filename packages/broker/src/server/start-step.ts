/** Parts of a start that name the culprit when they fail. */

import { ConfigError, StartError } from "../errors.ts";
import { createMemoryPersistence } from "../persistence/memory.ts";
import type { Persistence } from "../persistence/persistence.ts";
import type { Plugin } from "../plugin/plugin.ts";

/** The store that `persistence.type` names: ours, or what a plugin provides. */
export function persistenceFor(type: string, plugins: readonly Plugin[]): Persistence {
  if (type === "memory") return createMemoryPersistence();
  const provider = plugins.find(({ persistence }) => persistence?.type === type)?.persistence;
  if (provider !== undefined) return provider.create();
  throw new StartError("persistence", `persistence.type is ${type}, but no plugin provides it; add it to plugin_order`);
}

/** Runs one step; what it throws becomes a `StartError` of the culprit, unless it says already what is wrong. */
export async function startStep(culprit: string, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof StartError || error instanceof ConfigError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(culprit, `${culprit} failed: ${reason}`, { cause: error });
  }
}
