/** Writes a new package, and never over anything. */

import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { ChoiceError } from "./choices.ts";

/** What a folder may hold that a package is written into: a repository that was just made. */
const harmless = new Set([".git"]);

/**
 * Refuses a folder that is not empty.
 *
 * @throws ChoiceError
 */
export async function assertFree(output: string): Promise<void> {
  const names = await readdir(resolve(output)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new ChoiceError(`${output} can't be written into: ${error.message}`);
  });
  const [first] = names.filter((name) => !harmless.has(name));
  if (first !== undefined) throw new ChoiceError(`${output} is not empty (it has ${first}), nothing was written`);
}

/**
 * Writes all files; a file that is there is left alone, and ends it.
 *
 * @throws ChoiceError for a folder that is not empty
 */
export async function writePlugin(files: ReadonlyMap<string, string>, output: string): Promise<void> {
  await assertFree(output);
  for (const [path, text] of files) {
    const target = join(resolve(output), path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text, { flag: "wx" });
  }
}
