/** What the plugin does when the broker starts and stops, and in the hooks that it wraps. */

import type { HookWrapper, Logger, Plugin, PluginContext, Server } from "@gmqtt/broker";

/** One for each broker; several may live in one process. */
export class ExamplePlugin implements Plugin {
  readonly name = "example";
  readonly #logger: Logger;

  constructor({ logger }: PluginContext) {
    this.#logger = logger;
  }

  /** The broker is about to listen: open here what the hooks need. Throwing ends the start. */
  load(server: Server): void {
    this.#logger.info({ plugin: this.name, broker: server.version }, "loaded");
  }

  /** The broker has stopped, or failed to start: give back what `load` opened. */
  unload(): void {}

  hookWrapper(): HookWrapper {
    return {
      // hooks
    };
  }
}
