/** The plugin's section of the configuration: `plugins.prometheus`, with gmqtt's keys. */

import { ConfigError, type ConfigSchema, parseListenAddress } from "@gmqtt/broker";
import { z } from "zod";

/** Where metrics are served. */
export interface PrometheusConfig {
  /** Path of the metrics. Default: `/metrics`. */
  readonly path: string;
  /** `host:port`, or `:port` for all addresses of the machine; port 0 takes a free one. Default: `:8082`. */
  readonly listen_address: string;
}

/** Paths that are the broker's state, whatever the path of the metrics is. */
export const HEALTH_PATHS = { live: "/livez", ready: "/readyz" } as const;

const path = z
  .string()
  .regex(/^\/[^\s?#]*$/, "must begin with / and have no query, for example /metrics")
  .refine((text) => !Object.values<string>(HEALTH_PATHS).includes(text), "is the path of a health check")
  .default("/metrics");

const listenAddress = z
  .string()
  .superRefine((text, context) => {
    const message = addressTrouble(text);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  })
  .default(":8082");

/** Checks the section and fills in the defaults; a key that is not known is refused. */
export const configSchema: ConfigSchema<PrometheusConfig> = z.strictObject({ path, listen_address: listenAddress });

function addressTrouble(text: string): string | undefined {
  try {
    return parseListenAddress(text, "").kind === "tcp" ? undefined : `"${text}" is no TCP address, write host:port`;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.hint === undefined ? error.message : `${error.message}, ${error.hint}`;
  }
}
