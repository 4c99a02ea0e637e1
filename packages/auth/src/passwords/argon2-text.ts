/** Argon2 hashes as text, in the form that all libraries write: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. */

/** What a hash is computed with (RFC 9106). */
export interface Argon2Parameters {
  readonly variant: "d" | "i" | "id";
  /** 16 or 19. */
  readonly version: number;
  /** KiB. */
  readonly memory: number;
  readonly iterations: number;
  readonly parallelism: number;
  readonly salt: Uint8Array;
}

/** A hash and what it was computed with. */
export interface Argon2Hash extends Argon2Parameters {
  readonly digest: Buffer;
}

const FORM = /^\$argon2(id|i|d)\$v=(16|19)\$m=(\d{1,7}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** undefined for a text that is none, or that asks for what the algorithm does not have. */
export function parseArgon2(text: string): Argon2Hash | undefined {
  const [, variant, version, memory, iterations, parallelism, salt, digest] = FORM.exec(text) ?? [];
  if (variant === undefined) return undefined;
  const hash: Argon2Hash = {
    variant: variant as Argon2Parameters["variant"],
    version: Number(version),
    memory: Number(memory),
    iterations: Number(iterations),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt as string, "base64"),
    digest: Buffer.from(digest as string, "base64"),
  };
  const possible = hash.iterations > 0 && hash.parallelism > 0 && hash.memory >= 8 * hash.parallelism;
  return possible && hash.salt.length >= 8 && hash.digest.length >= 4 ? hash : undefined;
}

export function formatArgon2({ digest, iterations, memory, parallelism, salt, variant, version }: Argon2Hash): string {
  const parameters = `m=${memory},t=${iterations},p=${parallelism}`;
  return `$argon2${variant}$v=${version}$${parameters}$${unpadded(salt)}$${unpadded(digest)}`;
}

function unpadded(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}
