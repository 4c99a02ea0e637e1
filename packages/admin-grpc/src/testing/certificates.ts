/** Certificates for a day, made by the openssl command. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Files in a folder of their own: an authority, a server's certificate for 127.0.0.1, and clients' by common name. */
export interface Certificates {
  readonly folder: string;
  read(file: string): Buffer;
  remove(): void;
}

/** Makes `ca`, `server`, `stranger` (signed by nobody known) and one for each client; each a `.crt` and a `.key`. */
export function makeCertificates(...clients: readonly string[]): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "gmqtt-admin-"));
  const run = (...args: string[]): unknown => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const make = (name: string, subject: string, ...rest: string[]): unknown =>
    run(
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"],
      ...["-keyout", `${name}.key`, "-out", `${name}.crt`, "-subj", subject, ...rest],
    );
  make("ca", "/CN=test authority");
  const signed = ["-CA", "ca.crt", "-CAkey", "ca.key"];
  make("server", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", ...signed);
  for (const name of clients) make(name, `/CN=${name}`, ...signed);
  make("stranger", "/CN=stranger");
  return {
    folder,
    read: (file) => readFileSync(join(folder, file)),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
