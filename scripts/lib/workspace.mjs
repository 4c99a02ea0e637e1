/** The packages of the workspace, found by their folders: what is built, what is published. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./run.mjs";

const homes = ["packages", "apps", "examples"];
const lone = ["bench", "conformance"];

/** Every package of the workspace: its folder (relative to the top) and its manifest. */
export function workspacePackages() {
  const folders = homes.flatMap((home) => children(home)).concat(lone);
  return folders
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .map((folder) => ({ folder, manifest: readManifest(folder) }));
}

/** The packages that are published. */
export function publicPackages() {
  return workspacePackages().filter(({ manifest }) => manifest.private !== true);
}

/** The manifest of a folder; "." is the top. */
export function readManifest(folder) {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
}

function children(home) {
  if (!existsSync(join(root, home))) return [];
  return readdirSync(join(root, home), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${home}/${entry.name}`);
}
