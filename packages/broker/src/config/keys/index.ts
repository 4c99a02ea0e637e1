/** The one declaration of the configuration: every key, in the order of the reference page. */

import type { Keys } from "../spec.ts";
import { limitsSection } from "./limits.ts";
import { listenersKey } from "./listeners.ts";
import { mqttSection } from "./mqtt.ts";
import {
  apiSection,
  hookTimeoutKey,
  logSection,
  persistenceSection,
  pidFileKey,
  pluginOrderKey,
  pluginsKey,
  shutdownTimeoutKey,
  sysSection,
  topicAliasManagerSection,
} from "./process.ts";

/** Every key of the configuration, by the name it has in files. */
export const configKeys: Keys = {
  pid_file: pidFileKey,
  listeners: listenersKey,
  mqtt: mqttSection,
  limits: limitsSection,
  sys: sysSection,
  log: logSection,
  hook_timeout: hookTimeoutKey,
  shutdown_timeout: shutdownTimeoutKey,
  persistence: persistenceSection,
  topic_alias_manager: topicAliasManagerSection,
  plugins: pluginsKey,
  plugin_order: pluginOrderKey,
  api: apiSection,
};
