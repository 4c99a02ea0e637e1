/** Errors that nobody caught: bugs, ours or a plugin's. */

import type { ProcessLogger } from "../log/logger.ts";

/**
 * Logs them with their stacks. A promise that nobody waited for harms nobody else, so the broker goes on; an exception
 * may have left anything half done, so the process ends with code 1.
 */
export function catchStrays(logger: ProcessLogger): void {
  process.on("unhandledRejection", (reason) => {
    logger.error({ err: reason }, "a promise was rejected that nobody waited for; this is a bug");
  });
  process.on("uncaughtException", (error) => {
    logger.error({ err: error }, "an exception was thrown that nobody caught; this is a bug, gmqttd ends");
    process.exit(1);
  });
}
