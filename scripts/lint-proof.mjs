/**
 * Proves that the lint looks at something: every file in scripts/lint-proof says in its first line which rules it must
 * break. Biome runs over a copy of them with the repository's own biome.json; each file must break just these.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { bin, root } from "./lib/run.mjs";

const fixtures = join(root, "scripts/lint-proof");

const copy = mkdtempSync(join(tmpdir(), "gmqtt-lint-proof-"));
try {
  cpSync(fixtures, copy, { recursive: true });
  const config = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
  delete config.vcs; // the copy is no repository
  delete config.$schema;
  writeFileSync(join(copy, "biome.json"), JSON.stringify(config));
  process.exitCode = compare(lint(copy));
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** The rules each file breaks, by path. */
function lint(folder) {
  const result = spawnSync(bin("biome"), ["lint", "--reporter=json", "--max-diagnostics=none", "."], {
    cwd: folder,
    encoding: "utf8",
  });
  const broken = new Map();
  for (const diagnostic of JSON.parse(result.stdout).diagnostics) {
    const path = relative(folder, join(folder, pathOf(diagnostic)));
    broken.set(path, (broken.get(path) ?? new Set()).add(diagnostic.category));
  }
  return broken;
}

function pathOf(diagnostic) {
  const path = diagnostic.location?.path;
  return typeof path === "string" ? path : (path?.file ?? "");
}

/** Prints each file whose broken rules differ from its first line; the exit code. */
function compare(broken) {
  let files = 0;
  let wrong = 0;
  for (const entry of readdirSync(fixtures, { recursive: true })) {
    if (!entry.endsWith(".ts")) continue;
    files++;
    const first = readFileSync(join(fixtures, entry), "utf8").split("\n", 1)[0] ?? "";
    const said = first.match(/^\/\/ expect: (.+)$/)?.[1] ?? "";
    const expected = said === "nothing" ? [] : said.split(" ").sort();
    const found = [...(broken.get(entry) ?? [])].sort();
    if (expected.join() === found.join() && said !== "") continue;
    wrong++;
    console.error(`${entry}: expected ${said || "a first line"}, found ${found.join(" ") || "nothing"}`);
  }
  console.log(`lint proof: ${files} files, ${wrong} wrong`);
  return files > 0 && wrong === 0 ? 0 : 1;
}
