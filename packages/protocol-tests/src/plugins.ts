/** Plugins as tests write them: their hooks, and nothing else unless it is asked for. */

import type { HookWrapper, Plugin } from "@gmqtt/broker";

/** A plugin of its hooks, by the name `test` unless another is given. */
export function plugin(hooks: HookWrapper, rest: Partial<Plugin> = {}): Plugin {
  return { name: "test", load: () => {}, unload: () => {}, hookWrapper: () => hooks, ...rest };
}
