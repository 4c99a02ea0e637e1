/** The plugin package: what gmqttd imports. */

import { definePlugin, type PluginDefinition } from "@gmqtt/broker";
import { type Config, configSchema } from "./config.ts";
import { ExamplePlugin } from "./plugin.ts";

export type { Config } from "./config.ts";

const definition: PluginDefinition<Config> = definePlugin({
  name: "example",
  configSchema,
  create: (config, context) => new ExamplePlugin(config, context),
});

export default definition;
