/** Versions: of this package, and of ours that a new plugin starts with. */

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

/** Version of this package. */
export const version: string = versionOf("../package.json");

/**
 * Ranges of our packages in a new plugin: what was installed along with this one. They are dependencies for this alone, so
 * that a release of theirs makes one of this package.
 */
export const ranges: Readonly<Record<string, string>> = {
  "@gmqtt/broker": `^${versionOf("@gmqtt/broker/package.json")}`,
  "@gmqtt/testing": `^${versionOf("@gmqtt/testing/package.json")}`,
};

function versionOf(manifest: string): string {
  return (require(manifest) as { version: string }).version;
}
