/**
 * Reads every changeset as strictly as it deserves: one whose front matter is damaged counts for nothing in a release,
 * and changesets says no word about it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./lib/run.mjs";
import { publicPackages } from "./lib/workspace.mjs";

const folder = join(root, ".changeset");
const names = new Set(publicPackages().map(({ manifest }) => manifest.name));
const files = readdirSync(folder).filter((file) => file.endsWith(".md") && file !== "README.md");

let wrong = 0;
for (const file of files) {
  for (const complaint of complaintsAbout(readFileSync(join(folder, file), "utf8"))) {
    wrong++;
    console.error(`.changeset/${file}: ${complaint}`);
  }
}
console.log(`${files.length} changesets, ${wrong} complaints`);
process.exitCode = wrong > 0 ? 1 : 0;

function complaintsAbout(text) {
  const parts = text.match(/^---\n(.+?)\n---\n+(\S.*)$/s);
  if (parts === null) return ["needs packages between two lines of ---, and a sentence below"];
  return parts[1].split("\n").flatMap((line) => {
    const [, name] = line.match(/^"(.+)": (?:major|minor|patch)$/) ?? [];
    if (name === undefined) return [`not a package and its kind of change: ${JSON.stringify(line)}`];
    return names.has(name) ? [] : [`there is no published package ${name}`];
  });
}
