/**
 * Breaks a copy of the built broker in one place after the other and lets the tests find out. Writes docs/mutations.md with
 * the test that caught each; fails when one was not caught. Takes some minutes. `--grep TEXT`: only some of them, nothing
 * is written. Build first.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { mutations } from "./mutations.mjs";

const { values } = parseArgs({ options: { grep: { type: "string" } } });
const root = fileURLToPath(new URL("../../", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "gmqtt-mutations-"));
const chosen = mutations.filter(({ name }) => values.grep === undefined || name.includes(values.grep));

try {
  copyTree();
  const rows = chosen.map(tryOne);
  if (values.grep === undefined) writeFileSync(join(root, "docs/mutations.md"), page(rows));
  const missed = rows.filter(({ caught }) => caught === undefined);
  console.log(`\n${rows.length - missed.length} caught, ${missed.length} missed`);
  process.exitCode = missed.length > 0 ? 1 : 0;
} finally {
  rmSync(copy, { recursive: true, force: true });
}

/** The packages as built, with what they need; the workspace's own packages find each other in the copy. */
function copyTree() {
  for (const folder of ["packages/packets", "packages/broker", "apps/gmqttd", "conformance"]) {
    for (const part of ["package.json", "dist", "node_modules", "data"]) {
      const from = join(root, folder, part);
      if (existsSync(from)) cpSync(from, join(copy, folder, part), { recursive: true, verbatimSymlinks: true });
    }
  }
  mkdirSync(join(copy, "docs"));
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
}

function tryOne(mutation) {
  const file = join(copy, mutation.file);
  const good = readFileSync(file, "utf8");
  if (good.split(mutation.find).length !== 2) {
    throw new Error(
      `${mutation.name}: "${mutation.find}" stands ${good.split(mutation.find).length - 1} times in ${mutation.file}`,
    );
  }
  // Only what passes without the fault can have noticed it.
  const before = run(mutation.statement);
  writeFileSync(
    file,
    good.replace(mutation.find, () => mutation.replace),
  );
  const after = run(mutation.statement);
  writeFileSync(file, good);
  const noticed = after.failures.filter((name) => !before.failures.includes(name));
  const [caught] = noticed;
  console.log(
    `${caught === undefined ? "MISSED" : `caught by ${noticed.length} of ${after.tests}:`} ${mutation.name}${caught === undefined ? "" : `: ${caught}`}`,
  );
  return { ...mutation, caught, noticed: noticed.length, tests: after.tests };
}

/** The tests of a statement: how many there were, and which failed. */
function run(statement) {
  const main = join(copy, "conformance/dist/main.js");
  const args = [main, "--no-robustness", "--grep", `[${statement}]`];
  const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 1e9 });
  const sums = /(\d+) passed, (\d+) failed/.exec(stdout);
  const failures = [...stdout.matchAll(/^FAIL (.+)$/gm)].map((found) => found[1]);
  if (sums === null) failures.push("the run did not end");
  return { failures, tests: sums === null ? 0 : Number(sums[1]) + Number(sums[2]) };
}

function page(rows) {
  const lines = rows.map(({ name, file, caught, noticed, statement, tests }) => {
    const source = file.replace("/dist/", "/src/").replace(/\.js$/, ".ts");
    const share = caught === undefined ? "" : ` (${noticed} of the ${tests} tests of ${statement} failed)`;
    return `| ${name} | ${source} | ${(caught ?? "**not caught**").replaceAll("|", "\\|")}${share} |`;
  });
  return `# Mutations

Each line is a fault that was put into a copy of the built broker, and the first test of the conformance suite that failed with it and passed without it. Made by \`node conformance/mutations/run.mjs\`.

| fault | where | caught by |
|---|---|---|
${lines.join("\n")}
`;
}
