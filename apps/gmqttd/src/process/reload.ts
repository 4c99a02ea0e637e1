/** Reload: reads everything again and puts in force what can change while the broker runs. */

import type { Broker } from "@gmqtt/broker";
import type { ConfigOptions } from "../config/flags.ts";
import { loadConfig } from "../config/load.ts";
import { toFailure } from "../failure.ts";
import type { ProcessLogger } from "../log/logger.ts";

/**
 * Applies the configuration as it stands now, certificates included. When anything is wrong with it, the old one stays
 * in force and the log says why; nothing is thrown.
 */
export async function reload(broker: Broker, options: ConfigOptions, logger: ProcessLogger): Promise<void> {
  try {
    const { config } = await loadConfig(options);
    const { applied, needsRestart } = await broker.applyConfig(config);
    // Said before the level changes: at the new one it might not be heard.
    logger.info({ changed: applied.length === 0 ? "nothing" : applied.join(",") }, "reloaded");
    if (needsRestart.length > 0) logger.warn({ keys: needsRestart.join(",") }, "these changes need a restart");
    logger.level = broker.config.log.level;
  } catch (error) {
    const failure = toFailure(error);
    for (const line of failure.lines) logger.error({}, line);
    logger.debug({ err: failure.cause ?? failure }, "this is where it failed");
    logger.error({}, "reload refused, nothing changed");
  }
}
