/** `npm run build`: installs and builds what is missing, nothing else. */
import { ensureBuilt, ensureInstalled } from "./lib/prepare.mjs";

await ensureInstalled();
await ensureBuilt();
