/** gmqtt's management API over gRPC and REST, as a plugin named "admin". */

import { definePlugin, type PluginDefinition } from "@gmqtt/broker";
import { type AdminConfig, type AdminLimits, configSchema, readSection } from "./config.ts";
import { AdminPlugin } from "./plugin.ts";

export type { AdminCertificate, AdminConfig, AdminLimits, AdminRole, AdminToken } from "./config.ts";
export { AdminPlugin, type ServedEndpoint } from "./plugin.ts";

/** Section `plugins.admin` with defaults for what is left out. */
export type AdminOptions = Partial<Omit<AdminConfig, "limits">> & { readonly limits?: Partial<AdminLimits> };

/**
 * Makes the plugin for a broker in a program of one's own; gmqttd makes it by its default export. `baseDirectory`: where
 * relative paths start, default: the working directory. Throws `ConfigError` for options that don't fit.
 */
export function createAdminPlugin(options: AdminOptions = {}, baseDirectory: string = process.cwd()): AdminPlugin {
  return new AdminPlugin(readSection(options), baseDirectory);
}

const admin: PluginDefinition<AdminConfig> = definePlugin({
  name: "admin",
  configSchema,
  create: (config, { baseDirectory }) => new AdminPlugin(config, baseDirectory),
});
export default admin;
