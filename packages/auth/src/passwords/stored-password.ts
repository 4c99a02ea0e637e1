/** A password as files keep it: which hash it is, and what is needed to check it. */

import { type Argon2Hash, parseArgon2 } from "./argon2-text.ts";

/** gmqtt's names for hashes, and argon2id. */
export type HashName = "plain" | "md5" | "sha256" | "bcrypt" | "argon2id";

/** A stored password, taken apart. */
export type StoredPassword =
  | { readonly kind: "plain"; readonly text: string }
  /** Hexadecimal, without salt, as gmqtt writes them. */
  | { readonly kind: "md5" | "sha256"; readonly digest: Buffer }
  /** `$argon2id$v=19$m=...` and `$2b$10$...`. */
  | ({ readonly kind: "argon2" } & Argon2Hash)
  | { readonly kind: "bcrypt"; readonly text: string; readonly cost: number }
  /** mosquitto_passwd's `$6$salt$hash`: one SHA-512 over password and salt. */
  | { readonly kind: "sha512"; readonly salt: Buffer; readonly digest: Buffer }
  /** mosquitto_passwd's `$7$iterations$salt$hash`: PBKDF2 with HMAC-SHA-512. */
  | { readonly kind: "pbkdf2"; readonly iterations: number; readonly salt: Buffer; readonly digest: Buffer };

const BCRYPT = /^\$2[abxy]?\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const MOSQUITTO_6 = /^\$6\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2})$/;
const MOSQUITTO_7 = /^\$7\$(\d{1,9})\$([A-Za-z0-9+/]+={0,2})\$([A-Za-z0-9+/]+={0,2})$/;

/** A password that says which hash it is; undefined when it does not. */
export function parseMarked(text: string): StoredPassword | undefined {
  if (!text.startsWith("$")) return undefined;
  const argon2 = parseArgon2(text);
  if (argon2 !== undefined) return { kind: "argon2", ...argon2 };
  const bcrypt = BCRYPT.exec(text);
  if (bcrypt !== null) return { kind: "bcrypt", text, cost: Number(bcrypt[1]) };
  const simple = MOSQUITTO_6.exec(text);
  if (simple !== null) return { kind: "sha512", salt: base64(simple[1]), digest: base64(simple[2]) };
  const pbkdf2 = MOSQUITTO_7.exec(text);
  if (pbkdf2 === null || Number(pbkdf2[1]) === 0) return undefined;
  return { kind: "pbkdf2", iterations: Number(pbkdf2[1]), salt: base64(pbkdf2[2]), digest: base64(pbkdf2[3]) };
}

/**
 * A password of gmqtt's file. `unmarked` is the hash of those that don't say theirs, gmqtt's key `hash`. Undefined when it
 * can't be one.
 */
export function parseStored(text: string, unmarked: HashName): StoredPassword | undefined {
  const marked = parseMarked(text);
  if (marked !== undefined) return marked;
  if (unmarked === "plain") return text === "" ? undefined : { kind: "plain", text };
  if (unmarked === "md5") return hexadecimal(text, "md5", 32);
  if (unmarked === "sha256") return hexadecimal(text, "sha256", 64);
  return undefined;
}

function hexadecimal(text: string, kind: "md5" | "sha256", length: number): StoredPassword | undefined {
  if (text.length !== length || !/^[0-9a-fA-F]+$/.test(text)) return undefined;
  return { kind, digest: Buffer.from(text, "hex") };
}

function base64(text: string | undefined): Buffer {
  return Buffer.from(text ?? "", "base64");
}
