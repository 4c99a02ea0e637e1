/** A certificate for the TLS listeners of a run, made by openssl. */

import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { join } from "node:path";
import type { Setup } from "../brokers/broker.ts";

/** Elliptic curve, as new servers have them. undefined where there is no openssl. */
export function makeCertificate(folder: string): Setup["certificate"] {
  const [cert, key] = [join(folder, "server.crt"), join(folder, "server.key")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const made = spawnSync("openssl", [
    ...["req", "-x509", ...curve, "-days", "2", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", cert],
  ]);
  if (made.status !== 0) return undefined;
  // mosquitto reads them as a user of its own.
  chmodSync(folder, 0o755);
  chmodSync(key, 0o644);
  return { cert, key };
}
