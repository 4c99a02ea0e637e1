/** Plugins at the start: each is named when it fails, and given back when something behind it does. */

import type { Plugin } from "../plugin/plugin.ts";
import type { Server } from "../plugin/server.ts";
import { startStep } from "./start-step.ts";
import type { UndoStack } from "./undo-stack.ts";

/** Before the store is opened. */
export async function preparePlugins(server: Server, plugins: readonly Plugin[], undo: UndoStack): Promise<void> {
  for (const plugin of plugins) {
    if (plugin.prepare === undefined) continue;
    await startStep(`plugin ${plugin.name}`, () => plugin.prepare?.(server));
    undo.push(`plugin ${plugin.name}`, () => plugin.unload());
  }
}

/** When sessions are restored. A plugin that was prepared is unloaded for that. */
export async function loadPlugins(server: Server, plugins: readonly Plugin[], undo: UndoStack): Promise<void> {
  for (const plugin of plugins) {
    await startStep(`plugin ${plugin.name}`, () => plugin.load(server));
    if (plugin.prepare === undefined) undo.push(`plugin ${plugin.name}`, () => plugin.unload());
    server.logger.info({ plugin: plugin.name }, "plugin loaded");
  }
}
