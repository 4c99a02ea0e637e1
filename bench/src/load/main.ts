/** The load generator as a process: `node dist/load/main.js '{"target":{...},"load":{...}}'` prints its result as a line of JSON. */

import { runLoad } from "./run-load.ts";
import type { Load, Target } from "./spec.ts";

const { load, target } = JSON.parse(process.argv[2] ?? "") as { readonly load: Load; readonly target: Target };
const result = await runLoad(target, load);
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
