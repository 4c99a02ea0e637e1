/** Plugins as tests write them: their hooks, and nothing else unless it is asked for. */

import type { HookWrapper, Plugin } from "@gmqtt/broker";

let made = 0;

/** A plugin of its hooks, by a name of its own unless one is given. */
export function plugin(hooks: HookWrapper, rest: Partial<Plugin> = {}): Plugin {
  return { name: `test-${++made}`, load: () => {}, unload: () => {}, hookWrapper: () => hooks, ...rest };
}
