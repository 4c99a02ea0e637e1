/** `pnpm bench`: installs what is missing, builds, and compares gmqttd with other brokers; arguments go to bench/src/main.ts. */
import { join } from "node:path";
import { ensureDebianPackages, forBench } from "./lib/debian.mjs";
import { ensureBuilt, ensureInstalled } from "./lib/prepare.mjs";
import { root, run } from "./lib/run.mjs";

try {
  await ensureInstalled();
  await ensureDebianPackages(forBench);
  await ensureBuilt();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
process.exitCode = await run(process.execPath, [join(root, "bench/dist/main.js"), ...process.argv.slice(2)], {
  cwd: process.cwd(),
});
