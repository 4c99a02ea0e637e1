/** A registry of what was packed, for npm to install from as users will: on this machine, for as long as a check runs. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

/** Serves tarballs of `packAll`; `address`, `tarballOf(name)` and `close()`. */
export async function serveRegistry(packed) {
  const packages = new Map(packed.map(({ name, tarball }) => [name, readPackage(tarball)]));
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname).slice(1);
    const [name, isTarball] = path.endsWith(".tgz") ? [path.slice(0, -".tgz".length), true] : [path, false];
    const found = packages.get(name);
    if (found === undefined) response.writeHead(404).end("{}");
    else if (isTarball) response.writeHead(200, { "content-type": "application/octet-stream" }).end(found.bytes);
    else response.writeHead(200, { "content-type": "application/json" }).end(packument(found, urlOf(name)));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${server.address().port}`;
  const urlOf = (name) => `${address}/${name}.tgz`;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { address, tarballOf: urlOf, close };
}

function readPackage(tarball) {
  const manifest = execFileSync("tar", ["-xOf", tarball, "package/package.json"], { encoding: "utf8" });
  return { manifest: JSON.parse(manifest), bytes: readFileSync(tarball) };
}

/** What npm asks for first: the versions there are, one, and where it lies. */
function packument({ manifest, bytes }, tarball) {
  const { name, version } = manifest;
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  const versions = { [version]: { ...manifest, dist: { tarball, integrity } } };
  return JSON.stringify({ name, "dist-tags": { latest: version }, versions });
}
