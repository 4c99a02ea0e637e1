/** The version of gmqttd, from its manifest. */

import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

/** Version of the package gmqttd. */
export const version: string = manifest.version;
