/** The plugin's section of the configuration: `plugins.example`. */

import type { ConfigSchema } from "@gmqtt/broker";
import { z } from "zod";

/** The section, checked and with its defaults. */
export interface Config {
  /** What the log is told when the plugin is loaded. Default: hello. */
  readonly greeting: string;
}

/** Refuses keys that it does not know, so that a misspelt one is noticed. */
export const configSchema: ConfigSchema<Config> = z.strictObject({
  greeting: z.string().min(1, "must not be empty").default("hello"),
});
