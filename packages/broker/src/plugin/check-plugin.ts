/** What a plugin has to be, looked at before it is used: those written in JavaScript have no compiler that would. */

import { didYouMean, nearest } from "../config/suggest.ts";
import { StartError } from "../errors.ts";
import type { Plugin } from "./plugin.ts";

/** Throws `StartError` for what is no plugin, and for a name that two have: it is what logs, metrics and reloads go by. */
export function assertPlugins(plugins: readonly Plugin[]): void {
  const names = new Set<string>();
  for (const plugin of plugins) {
    const { name } = plugin;
    if (typeof name !== "string" || name === "") throw new StartError("plugins", "a plugin has no name");
    if (names.has(name)) throw fault(name, "is there twice; a name belongs to one plugin");
    names.add(name);
    for (const method of ["load", "unload", "hookWrapper"] as const) {
      if (typeof plugin[method] !== "function") throw fault(name, `has no ${method}()`);
    }
  }
}

/** Throws `StartError` for a hook that does not exist, which nobody would ever call, and for one that can't be called. */
export function assertWrapper(name: string, wrapper: unknown, hooks: readonly string[]): void {
  if (typeof wrapper !== "object" || wrapper === null) throw fault(name, "hookWrapper() must answer an object");
  for (const [hook, wrap] of Object.entries(wrapper)) {
    if (!hooks.includes(hook)) {
      const question = didYouMean(nearest(hook, hooks));
      throw fault(name, `wraps ${hook}, which is no hook${question === undefined ? "" : `, ${question}`}`);
    }
    if (wrap !== undefined && typeof wrap !== "function") throw fault(name, `${hook} must be a function of next`);
  }
}

function fault(name: string, what: string): StartError {
  return new StartError(`plugin ${name}`, `plugin ${name}: ${what}`);
}
