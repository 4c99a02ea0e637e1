/** Certificate, key and certificate authority of a listener: read from their files, and refused where they can't serve. */

import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { ListenerConfig } from "../config/index.ts";
import { ConfigError } from "../errors.ts";
import { reasonOf } from "./bind.ts";

/** The `tls` section of a listener. */
export type ListenerTlsConfig = NonNullable<ListenerConfig["tls"]>;

/** Files are relative to `baseDirectory`; `path` is the configuration key of the section, for errors. */
export interface CredentialsLocation {
  readonly baseDirectory: string;
  readonly path: string;
}

/**
 * Reads what a `tls` section names and checks that it is of use.
 *
 * @throws ConfigError naming the key and the file: missing, unreadable, not PEM, or a key that isn't the certificate's.
 */
export async function readCredentials(
  config: ListenerTlsConfig,
  location: CredentialsLocation,
): Promise<SecureContextOptions> {
  const { baseDirectory, path } = location;
  if (config.verify && config.cacert === undefined) {
    // Without it Node would trust every certificate that a public authority ever signed.
    throw new ConfigError(
      `${path}.cacert`,
      "verify needs the certificate authority that client certificates are from",
      {
        hint: "name its PEM file in cacert, or set verify to false",
      },
    );
  }
  if (config.usernameFromCommonName && !config.verify) {
    throw new ConfigError(
      `${path}.username_from_common_name`,
      "a user name can only be taken from a verified certificate",
      {
        hint: "set verify to true",
      },
    );
  }
  // One after the other: of several that are missing, it is always the same one that is named.
  const cert = await readPem(config.cert, baseDirectory, `${path}.cert`);
  const key = await readPem(config.key, baseDirectory, `${path}.key`);
  const ca = config.cacert === undefined ? undefined : await readPem(config.cacert, baseDirectory, `${path}.cacert`);
  // createSecureContext itself takes a bundle with no certificate in it, and then trusts nobody.
  check(`${path}.cert`, config.cert, "not a certificate in PEM format", () => new X509Certificate(cert));
  if (ca !== undefined)
    check(`${path}.cacert`, config.cacert, "not a certificate in PEM format", () => new X509Certificate(ca));
  const minVersion = config.minVersion ?? "TLSv1.2";
  const credentials: SecureContextOptions =
    ca === undefined ? { cert, key, minVersion } : { cert, key, ca, minVersion };
  check(`${path}.key`, config.key, "not the private key of the certificate, or not in PEM format", () =>
    createSecureContext(credentials),
  );
  return credentials;
}

/** Until when the server's own certificate is valid, in ISO 8601. */
export function expiryOf({ cert }: SecureContextOptions): string {
  return new Date(new X509Certificate(cert as Buffer).validTo).toISOString();
}

async function readPem(file: string, baseDirectory: string, path: string): Promise<Buffer> {
  const resolved = resolve(baseDirectory, file);
  try {
    return await readFile(resolved);
  } catch (error) {
    throw new ConfigError(path, `cannot read ${resolved}: ${reasonOf(error)}`, { cause: error });
  }
}

function check(path: string, file: string | undefined, complaint: string, attempt: () => unknown): void {
  try {
    attempt();
  } catch (error) {
    throw new ConfigError(path, `${file} is ${complaint}`, { cause: error });
  }
}
