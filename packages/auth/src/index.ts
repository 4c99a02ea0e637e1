/** The plugin package: `auth` for gmqttd, `createAuth` for programs that embed a broker, accounts for commands. */

import { definePlugin, type Plugin, type PluginDefinition, readPluginSection } from "@gmqtt/broker";
import { type AuthConfig, type AuthSection, configSchema } from "./config.ts";
import { AuthPlugin } from "./plugin.ts";

export type { TokenRule, WrittenRule } from "./access/rule-schema.ts";
export { type AccountEditor, type AccountEditorOptions, openAccounts } from "./account-editor.ts";
export type { AuthConfig, AuthSection, HttpConfig, JwtConfig, SourceName } from "./config.ts";
export type { NewHash } from "./passwords/hasher.ts";
export type { HashName } from "./passwords/stored-password.ts";

const auth: PluginDefinition<AuthConfig> = definePlugin({
  name: "auth",
  configSchema,
  create: (config: AuthConfig, context) => new AuthPlugin(config, context.baseDirectory),
});

export default auth;

/**
 * The plugin for a program that embeds a broker: `createBroker({ plugins: [createAuth({ acl: [...] })] })`. The section is
 * written as in a configuration file; relative paths start from `baseDirectory`.
 *
 * @throws ConfigError that names the key when the section can't be used.
 */
export function createAuth(section: AuthSection = {}, baseDirectory: string = process.cwd()): Plugin {
  const result = readPluginSection(auth, section, "plugins.auth");
  if (!result.ok) throw result.errors[0];
  return new AuthPlugin(result.section as AuthConfig, baseDirectory);
}
