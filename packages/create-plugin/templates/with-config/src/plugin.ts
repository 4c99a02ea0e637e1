/** What the plugin does when the broker starts and stops, and in the hooks that it wraps. */

import type { HookWrapper, Logger, Plugin, PluginContext, Server } from "@gmqtt/broker";
import { type Config, configSchema } from "./config.ts";

/** One for each broker; several may live in one process. */
export class ExamplePlugin implements Plugin {
  readonly name = "example";
  readonly #logger: Logger;
  #config: Config;

  constructor(config: Config, { logger }: PluginContext) {
    this.#config = config;
    this.#logger = logger;
  }

  /** The broker is about to listen: open here what the hooks need. Throwing ends the start. */
  load(server: Server): void {
    this.#logger.info({ plugin: this.name, broker: server.version }, this.#config.greeting);
  }

  /** The broker has stopped, or failed to start: give back what `load` opened. */
  unload(): void {}

  /** The section has changed while the broker runs. Throwing keeps the old one; without this method it needs a restart. */
  applyConfig(section: unknown): void {
    const result = configSchema.safeParse(section ?? {});
    if (!result.success) throw new Error(result.error.issues[0]?.message);
    this.#config = result.data;
  }

  hookWrapper(): HookWrapper {
    return {
      // hooks
    };
  }
}
