/** Checks and makes password hashes. What takes long runs in threads; what is compared takes the same time either way. */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { type Argon2Parameters, formatArgon2 } from "./argon2-text.ts";
import type { HashPool } from "./hash-pool.ts";
import type { StoredPassword } from "./stored-password.ts";

/** What new passwords are hashed with. */
export type NewHash = "argon2id" | "bcrypt" | "pbkdf2";

/** How new passwords are hashed. */
export interface HashPolicy {
  readonly newHash: NewHash;
  /** Memory in KiB. */
  readonly argon2: { readonly memory: number; readonly iterations: number; readonly parallelism: number };
  readonly bcryptCost: number;
}

/** What OWASP asks of PBKDF2 with SHA-512. */
const PBKDF2_ITERATIONS = 210_000;
/** Longer ones bcrypt would cut off in silence. Bytes. */
const BCRYPT_LIMIT = 72;

export class Hasher {
  readonly #pool: HashPool;
  readonly #policy: HashPolicy;

  constructor(pool: HashPool, policy: HashPolicy) {
    this.#pool = pool;
    this.#policy = policy;
  }

  /** Is this the password? `wanted` is asked before anything slow; rejects with `HashRefusal` as `HashPool.run` does. */
  async verify(stored: StoredPassword, password: Uint8Array, wanted: () => boolean): Promise<boolean> {
    switch (stored.kind) {
      case "plain":
        return timingSafeEqual(digest("sha256", stored.text), digest("sha256", password)); // digests are of one length
      case "md5":
      case "sha256":
        return timingSafeEqual(stored.digest, digest(stored.kind, password));
      case "sha512":
        return equal(stored.digest, digest("sha512", Buffer.concat([password, stored.salt])));
      case "argon2":
        return equal(stored.digest, await this.#argon2(password, stored, stored.digest.length, wanted));
      case "bcrypt":
        return (await this.#pool.run({ name: "bcrypt-verify", stored: stored.text, password }, wanted)) === true;
      case "pbkdf2": {
        const { iterations, salt } = stored;
        const length = stored.digest.length;
        const task = { name: "pbkdf2", password, salt, iterations, length } as const;
        return equal(stored.digest, (await this.#pool.run(task, wanted)) as Uint8Array);
      }
    }
  }

  /** A new hash, as it stands in a file. Throws `RangeError` for a password that the hash can't keep whole. */
  async hash(password: Uint8Array): Promise<string> {
    const { argon2, bcryptCost, newHash } = this.#policy;
    if (newHash === "argon2id") {
      const parameters = { variant: "id", version: 19, salt: randomBytes(16), ...argon2 } as const;
      return formatArgon2({ ...parameters, digest: Buffer.from(await this.#argon2(password, parameters, 32)) });
    }
    if (newHash === "bcrypt") {
      if (password.length > BCRYPT_LIMIT) {
        throw new RangeError(`password of ${password.length} bytes exceeds the ${BCRYPT_LIMIT} that bcrypt can keep`);
      }
      return (await this.#pool.run({ name: "bcrypt-hash", password, cost: bcryptCost })) as string;
    }
    const salt = randomBytes(12);
    const task = { name: "pbkdf2", password, salt, iterations: PBKDF2_ITERATIONS, length: 64 } as const;
    const key = Buffer.from((await this.#pool.run(task)) as Uint8Array);
    return `$7$${PBKDF2_ITERATIONS}$${salt.toString("base64")}$${key.toString("base64")}`;
  }

  /** A hash that no password fits, and that takes as long to check as a new one. */
  decoy(): StoredPassword {
    const parameters = { variant: "id", version: 19, ...this.#policy.argon2 } as const;
    return { kind: "argon2", ...parameters, salt: randomBytes(16), digest: randomBytes(32) };
  }

  /** Is this hash weaker than what new passwords get? */
  isOld(stored: StoredPassword): boolean {
    const { argon2, bcryptCost } = this.#policy;
    switch (stored.kind) {
      case "plain":
      case "md5":
      case "sha256":
      case "sha512":
        return true;
      case "pbkdf2":
        return stored.iterations < PBKDF2_ITERATIONS;
      case "bcrypt":
        return stored.cost < bcryptCost;
      case "argon2":
        // Argon2d and Argon2i are weaker against one attack each (RFC 9106 section 4).
        return stored.variant !== "id" || stored.memory * stored.iterations < argon2.memory * argon2.iterations;
    }
  }

  async #argon2(
    password: Uint8Array,
    parameters: Argon2Parameters,
    length: number,
    wanted?: () => boolean,
  ): Promise<Uint8Array> {
    const { iterations, memory, parallelism, salt, variant, version } = parameters;
    const task = { name: "argon2", password, length, iterations, memory, parallelism, salt, variant, version } as const;
    return (await this.#pool.run(task, wanted)) as Uint8Array;
  }
}

function digest(algorithm: string, value: string | Uint8Array): Buffer {
  return createHash(algorithm).update(value).digest();
}

/** Lengths come from the file, not from the client. */
function equal(stored: Uint8Array, computed: Uint8Array): boolean {
  return stored.length === computed.length && timingSafeEqual(stored, computed);
}
