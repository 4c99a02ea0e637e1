/** Packs every public package the way a release would. */
import { execFileSync } from "node:child_process";
import { environment, root } from "./run.mjs";
import { publicPackages, readManifest } from "./workspace.mjs";

/** Packs into a folder; each package with its manifest as published, its tarball and the paths in it. */
export function packAll(folder) {
  const { packageManager } = readManifest(".");
  const filters = publicPackages().flatMap((pack) => ["--filter", `./${pack.folder}`]);
  const args = ["-y", packageManager, "-r", ...filters, "pack", "--pack-destination", folder, "--json"];
  const told = execFileSync("npx", args, {
    cwd: root,
    encoding: "utf8",
    env: environment,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const packed = [JSON.parse(told)].flat();
  return packed.map(({ name, filename, files }) => ({ name, tarball: filename, files: files.map(({ path }) => path) }));
}
