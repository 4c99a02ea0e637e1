/** The auth plugin: who may connect, and who may publish and subscribe where. */

import { definePlugin, type PluginDefinition } from "@gmqtt/broker";
import { type AuthConfig, configSchema } from "./config.ts";
import { AuthPlugin } from "./plugin.ts";

export type { TokenRule, WrittenRule } from "./access/rule-schema.ts";
export { type AccountEditor, type AccountEditorOptions, openAccounts } from "./account-editor.ts";
export type { AuthConfig, HttpConfig, JwtConfig, SourceName } from "./config.ts";
export type { NewHash } from "./passwords/hasher.ts";
export type { HashName } from "./passwords/stored-password.ts";

const plugin: PluginDefinition<AuthConfig> = definePlugin({
  name: "auth",
  configSchema,
  create: (config: AuthConfig, context) => new AuthPlugin(config, context),
});
export default plugin;
