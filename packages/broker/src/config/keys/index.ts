/** The one declaration of the configuration: every key, in the order of the reference page. */

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

/** Type of the declaration; the types of the configuration follow from it. (An alias, since it must pass for `Keys`.) */
export type ConfigKeys = {
  readonly pid_file: typeof pidFileKey;
  readonly listeners: typeof listenersKey;
  readonly mqtt: typeof mqttSection;
  readonly limits: typeof limitsSection;
  readonly sys: typeof sysSection;
  readonly log: typeof logSection;
  readonly hook_timeout: typeof hookTimeoutKey;
  readonly shutdown_timeout: typeof shutdownTimeoutKey;
  readonly persistence: typeof persistenceSection;
  readonly topic_alias_manager: typeof topicAliasManagerSection;
  readonly plugins: typeof pluginsKey;
  readonly plugin_order: typeof pluginOrderKey;
  readonly api: typeof apiSection;
};

/** Every key of the configuration, by the name it has in files. */
export const configKeys: ConfigKeys = {
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
