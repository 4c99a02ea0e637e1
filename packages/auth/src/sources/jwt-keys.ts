/** Keys that tokens are checked with: a shared secret, a public key or certificate, or a set of keys in a file that may change. */

import { createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from "jose";
import type { JwtConfig } from "../config.ts";

/** What signatures are checked with. */
export interface TokenKeys {
  readonly key: JWTVerifyGetKey;
  /** Those that fit the key: a public key must never be taken for a secret. */
  readonly algorithms: readonly string[];
}

const RSA = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];
const EDWARDS = ["EdDSA", "Ed25519"];
const CURVES: Readonly<Record<string, string>> = { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" };

/** Reads the key that is configured. `resolve` makes paths absolute. Rejects when it can't be used, saying which and why. */
export async function readTokenKeys(config: JwtConfig, resolve: (path: string) => string): Promise<TokenKeys> {
  const found = await find(config, resolve).catch((error: Error) => {
    const name = (["jwks_file", "public_key_file", "secret_file"] as const).find((key) => config[key] !== undefined);
    const path = name === undefined ? "" : ` ${resolve(config[name] as string)}`;
    throw new Error(`jwt.${name ?? "secret"}${path}: ${reasonOf(error)}`, { cause: error });
  });
  const { algorithms } = config;
  if (algorithms === undefined) return found;
  const fitting = found.algorithms.filter((name) => algorithms.includes(name));
  if (fitting.length > 0) return { ...found, algorithms: fitting };
  throw new Error(
    `jwt.algorithms: none of ${algorithms.join(", ")} fits the key, which is for ${found.algorithms.join(", ")}`,
  );
}

async function find(config: JwtConfig, resolve: (path: string) => string): Promise<TokenKeys> {
  const { jwks_file, public_key_file, secret, secret_file } = config;
  if (jwks_file !== undefined) return keySet(await readFile(resolve(jwks_file), "utf8"));
  if (public_key_file !== undefined) return publicKey(await readFile(resolve(public_key_file)));
  const bytes = secret_file === undefined ? Buffer.from(secret ?? "") : await readFile(resolve(secret_file));
  // Editors end files with a newline, which belongs to no secret.
  const text = bytes.toString("latin1").replace(/\r?\n$/, "");
  return shared(Buffer.from(text, "latin1"));
}

/** A shorter secret than the hash is guessed offline by whoever has one token (RFC 7518 section 3.2). */
function shared(secret: Buffer): TokenKeys {
  const algorithms = ["256", "384", "512"]
    .filter((bits) => secret.length * 8 >= Number(bits))
    .map((bits) => `HS${bits}`);
  if (algorithms.length === 0) throw new Error(`secret of ${secret.length} bytes is shorter than 32`);
  return { key: always(createSecretKey(secret)), algorithms };
}

function publicKey(pem: Buffer): TokenKeys {
  const key = createPublicKey(pem);
  const { asymmetricKeyDetails, asymmetricKeyType } = key;
  if (asymmetricKeyType === "rsa") return { key: always(key), algorithms: RSA };
  if (asymmetricKeyType === "ed25519") return { key: always(key), algorithms: EDWARDS };
  const curve = CURVES[asymmetricKeyDetails?.namedCurve ?? ""];
  if (asymmetricKeyType === "ec" && curve !== undefined) return { key: always(key), algorithms: [curve] };
  throw new Error(`a key of type ${asymmetricKeyType} signs no tokens`);
}

function keySet(text: string): TokenKeys {
  const set = createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
  return { key: set, algorithms: [...RSA, ...Object.values(CURVES), ...EDWARDS] };
}

/** What OpenSSL and file systems call it helps nobody. */
function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "no such file";
  if (error.message.includes("DECODER routines")) return "holds no key or certificate in PEM";
  return error.message.charAt(0).toLowerCase() + error.message.slice(1);
}

function always(key: KeyObject): JWTVerifyGetKey {
  return () => key;
}
