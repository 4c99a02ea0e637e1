#!/usr/bin/env node
/** gmqttd: the broker as a command. */

import { run } from "./cli.ts";

// A reader that has seen enough, as in `gmqttd print-config | head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

// Only the exit code is set: what was written to pipes must get out before the process ends.
process.exitCode = await run(process.argv.slice(2));
