/** The broker and its plugins, made from a loaded configuration. All that gmqttd uses of the core's API is here. */

import { type Broker, type BrokerConfig, createBroker, type Plugin } from "@gmqtt/broker";
import type { LoadedConfig } from "../config/load.ts";
import { CommandFailure, ExitCode, explain } from "../failure.ts";
import type { ProcessLogger } from "../log/logger.ts";
import { type FoundPlugin, sectionOf } from "../plugins/find.ts";

/** Makes plugins and broker; nothing listens yet. Throws a `CommandFailure` that names the plugin that can't be made. */
export function makeBroker({ config, plugins, file }: LoadedConfig, logger: ProcessLogger): Broker {
  const made = plugins.map((found) => makePlugin(found, config, file.baseDirectory, logger));
  return createBroker({ config, plugins: made, logger, baseDirectory: file.baseDirectory });
}

function makePlugin(found: FoundPlugin, config: BrokerConfig, baseDirectory: string, logger: ProcessLogger): Plugin {
  try {
    return found.definition.create(sectionOf(config, found.section), { config, baseDirectory, logger });
  } catch (error) {
    const line = `plugin ${found.name} (${found.specifier}): ${explain(error)}`;
    throw new CommandFailure(ExitCode.Failed, [line], { cause: error });
  }
}

/** What the broker's own lines leave open: where plugins came from, and what a restart forgets. */
export function logSetup({ config, plugins }: LoadedConfig, logger: ProcessLogger): void {
  for (const { name, specifier } of plugins) logger.info({ plugin: name, package: specifier }, "plugin found");
  if (config.persistence.type === "memory") logger.info({}, "persistence in memory: nothing is kept over a restart");
  if (config.listeners.length === 0) logger.warn({}, "no listeners, so nobody can connect");
}
