/**
 * Looks at every public package as its users will get it: publint, attw, and what we promise of each (README, licence,
 * types, a changelog or changeset, no tests, a place in the build).
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { packAll } from "./lib/pack.mjs";
import { bin, environment, root } from "./lib/run.mjs";
import { publicPackages } from "./lib/workspace.mjs";

const only = process.argv[2]; // publint, attw or promises; all of them without
const checks = { publint: lintPackage, attw: typesFromOutside, promises: keepsPromises };
if (only !== undefined && !(only in checks)) {
  console.error(`unknown check ${only}, there are ${Object.keys(checks).join(", ")}`);
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "gmqtt-package-check-"));
try {
  const packed = new Map(packAll(folder).map((pack) => [pack.name, pack]));
  let complaints = 0;
  for (const { folder: home, manifest } of publicPackages()) {
    const pack = { home, manifest, ...packed.get(manifest.name) };
    for (const [name, check] of Object.entries(checks)) {
      if (only !== undefined && only !== name) continue;
      const found = await check(pack);
      complaints += found.length;
      for (const complaint of found) console.error(`${name}: ${manifest.name}: ${complaint}`);
    }
  }
  console.log(`${packed.size} packages, ${complaints} complaints`);
  process.exitCode = complaints > 0 || packed.size === 0 ? 1 : 0;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function lintPackage({ manifest, tarball }) {
  const bytes = readFileSync(tarball);
  const tar = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages } = await publint({ pack: { tarball: tar }, strict: true });
  return messages
    .filter(({ type }) => type !== "suggestion")
    .map((message) => formatMessage(message, manifest, { color: false }));
}

/** A package that is only a command has no types to look at. */
function typesFromOutside({ manifest, tarball }) {
  if (manifest.exports?.["."] === undefined) return [];
  const args = [tarball, "--profile", "esm-only", "--no-emoji", "--no-color"];
  const result = spawnSync(bin("attw"), args, { encoding: "utf8", env: environment });
  return result.status === 0 ? [] : [`${result.stdout}${result.stderr}`.trim()];
}

function keepsPromises({ home, manifest, files }) {
  const missing = [];
  const promise = (kept, words) => {
    if (!kept) missing.push(words);
  };
  promise(files.includes("README.md"), "no README.md");
  promise(existsSync(join(root, "LICENSE")) && manifest.license === "MIT", "not under the repository's licence");
  promise(manifest.description?.length > 0, "no description");
  promise(manifest.engines?.node !== undefined, "does not say which Node it needs");
  promise(manifest.type === "module" && manifest.exports !== undefined, "no exports map for ES modules");
  promise(manifest.bin !== undefined || manifest.exports?.["."]?.types !== undefined, "no types");
  promise(
    !files.some((path) => /\.test\.(d\.)?[cm]?[jt]s(\.map)?$|\.tsbuildinfo$/.test(path)),
    "tests or build information in the tarball",
  );
  promise(existsSync(join(root, home, "CHANGELOG.md")) || hasChangeset(manifest.name), "no changeset");
  promise(references().includes(home), "not among the references of tsconfig.json");
  return missing;
}

function hasChangeset(name) {
  const folder = join(root, ".changeset");
  const files = readdirSync(folder).filter((file) => file.endsWith(".md") && file !== "README.md");
  return files.some((file) => readFileSync(join(folder, file), "utf8").includes(`"${name}":`));
}

function references() {
  return JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8")).references.map(({ path }) => path);
}
