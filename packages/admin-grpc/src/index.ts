/** gmqtt's management API over gRPC and REST, as a plugin named "admin". */

import { definePlugin, type PluginDefinition } from "@gmqtt/broker";
import { type AdminConfig, configSchema } from "./config.ts";
import { AdminPlugin } from "./plugin.ts";

export type { AdminCertificate, AdminConfig, AdminLimits, AdminRole, AdminToken } from "./config.ts";
export { AdminPlugin, type ServedEndpoint } from "./plugin.ts";

const admin: PluginDefinition<AdminConfig> = definePlugin({
  name: "admin",
  configSchema,
  create: (config, context) => new AdminPlugin(config, context),
});
export default admin;
