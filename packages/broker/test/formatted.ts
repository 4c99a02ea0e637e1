/** Formats made files as `biome check --write` would, so that lint and the tests that hold them don't contradict each other. */

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The text as Biome formats a file of this path (from the top of the repository). */
export function formatted(text: string, path: string): string {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  const args = [biome, "format", `--stdin-file-path=${path}`];
  return execFileSync(process.execPath, args, { cwd: root, input: text, encoding: "utf8" });
}
