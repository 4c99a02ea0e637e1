/**
 * `npm start`: from a clean clone to a running broker. Installs and builds what is missing, then becomes gmqttd: the
 * command is loaded into this very process, so signals, exit code and terminal are its own. Arguments after `--` are
 * handed on, later ones win: `npm start -- -c my.yml`.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureBuilt, ensureInstalled } from "./lib/prepare.mjs";
import { root } from "./lib/run.mjs";

try {
  await ensureInstalled();
  await ensureBuilt();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}

const main = join(root, "apps/gmqttd/dist/main.js");
const config = join(root, "apps/gmqttd/default_config.yml");
process.argv = [process.execPath, main, "start", "-c", config, ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
