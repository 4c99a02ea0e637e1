/** The first example of a README, as a program. */
import { existsSync, readFileSync } from "node:fs";

/** The text of the first JavaScript block, or nothing when there is none. */
export function firstExample(readme) {
  if (!existsSync(readme)) return undefined;
  return readFileSync(readme, "utf8").match(/^```(?:js|javascript|mjs)\n(.*?)^```$/ms)?.[1];
}
