/** A plugin as a test broker sees it: every hook call counts as activity, and `idle` waits for those that wait. */

import type { Awaitable, ExplainQuestion, Hooks, HookWrapper, Plugin } from "@gmqtt/broker";
import type { Activity } from "../activity.ts";

type AnyHook = (...parameters: never[]) => Awaitable<unknown>;

/** The same plugin with hooks that are watched; hooks that it does not wrap stay unwrapped. */
export function watchPlugin(plugin: Plugin, activity: Activity): Plugin {
  const { persistence } = plugin;
  return {
    name: plugin.name,
    load: (server) => activity.track(plugin.load(server)),
    unload: () => activity.track(plugin.unload()),
    hookWrapper: () => watchHooks(plugin.hookWrapper(), activity),
    ...(persistence === undefined ? {} : { persistence }),
    ...(plugin.applyConfig === undefined
      ? {}
      : { applyConfig: (section: unknown) => activity.track(plugin.applyConfig?.(section)) }),
    ...(plugin.explain === undefined
      ? {}
      : { explain: (question: ExplainQuestion) => activity.track(plugin.explain?.(question)) }),
  };
}

function watchHooks(wrapper: HookWrapper, activity: Activity): HookWrapper {
  const watched: Partial<Record<keyof Hooks, (next: AnyHook) => AnyHook>> = {};
  for (const [name, wrap] of Object.entries(wrapper) as [keyof Hooks, ((next: AnyHook) => AnyHook) | undefined][]) {
    if (wrap === undefined) continue;
    watched[name] = (next) => {
      const hook = wrap(next);
      return (...parameters) => activity.track(hook(...parameters));
    };
  }
  return watched as HookWrapper;
}
