/** The plugin package: what gmqttd imports. */

import { definePlugin, type PluginDefinition } from "@gmqtt/broker";
import { ExamplePlugin } from "./plugin.ts";

const definition: PluginDefinition<undefined> = definePlugin({
  name: "example",
  create: (_config, context) => new ExamplePlugin(context),
});

export default definition;
