#!/usr/bin/env node
/** create-plugin: what `npm create @gmqtt/plugin` runs. */

import { run } from "./cli.ts";

// Only the exit code is set: what was written to pipes must get out before the process ends.
process.exitCode = await run(process.argv.slice(2), process);
