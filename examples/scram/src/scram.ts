/** SCRAM-SHA-256 as the server speaks it (RFC 5802, RFC 7677), without channel binding: TLS below it is the listener's matter. */

import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify(pbkdf2);

/** What a server keeps of a password: enough to check a proof, not enough to make one. */
export interface Credentials {
  readonly salt: Buffer;
  /** At least 4,096 (RFC 7677 section 4). */
  readonly iterations: number;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

/** The exchange can't go on; the message is for the log, the client learns only that it was refused. */
export class ScramError extends Error {}

/** Makes what is kept of a password (RFC 5802 section 3). */
export async function credentialsFor(password: string, salt: Buffer, iterations: number): Promise<Credentials> {
  const salted = await derive(password.normalize("NFKC"), salt, iterations, 32, "sha256");
  return {
    salt,
    iterations,
    storedKey: createHash("sha256").update(hmac(salted, "Client Key")).digest(),
    serverKey: hmac(salted, "Server Key"),
  };
}

/** One exchange: first message, final message, done. */
export class ScramExchange {
  /** The user that the client wants to be; proven once `final` has returned. */
  readonly username: string;
  /** To be sent to the client. */
  readonly serverFirst: string;
  readonly #credentials: Credentials;
  readonly #nonce: string;
  readonly #clientFirstBare: string;
  /** The GS2 header, which the final message repeats. */
  readonly #header: string;

  /** Takes the client's first message, `n,,n=user,r=nonce`. Throws `ScramError` when it isn't one. */
  constructor(clientFirst: string, lookUp: (username: string) => Credentials, nonce: string = serverNonce()) {
    // "y": a client that could bind to the channel and saw that we don't offer it. No authorization identity.
    const match = /^[ny],,(n=((?:[^,=]|=2C|=3D)+),r=([\x21-\x2b\x2d-\x7e]+))$/.exec(clientFirst);
    if (match === null) throw new ScramError("client's first message is malformed or asks for what is not supported");
    const [, bare = "", name = "", clientNonce = ""] = match;
    this.username = name.replaceAll("=2C", ",").replaceAll("=3D", "=").normalize("NFKC");
    this.#credentials = lookUp(this.username);
    this.#clientFirstBare = bare;
    this.#header = clientFirst.slice(0, 3);
    this.#nonce = clientNonce + nonce;
    const { salt, iterations } = this.#credentials;
    this.serverFirst = `r=${this.#nonce},s=${salt.toString("base64")},i=${iterations}`;
  }

  /** Takes `c=biws,r=nonce,p=proof` and answers `v=signature`. Throws `ScramError` unless the client knows the password. */
  final(clientFinal: string): string {
    const match = /^(c=([A-Za-z0-9+/=]+),r=([^,]+)),p=([A-Za-z0-9+/]{43}=)$/.exec(clientFinal);
    if (match === null) throw new ScramError("client's final message is malformed");
    const [, withoutProof = "", binding = "", nonce = "", proof = ""] = match;
    if (binding !== Buffer.from(this.#header).toString("base64")) throw new ScramError("channel binding was changed");
    if (nonce !== this.#nonce) throw new ScramError("nonce is not ours");
    const authMessage = `${this.#clientFirstBare},${this.serverFirst},${withoutProof}`;
    const { storedKey, serverKey } = this.#credentials;
    const clientKey = xor(Buffer.from(proof, "base64"), hmac(storedKey, authMessage));
    const proven = createHash("sha256").update(clientKey).digest();
    if (!timingSafeEqual(proven, storedKey)) throw new ScramError("proof is wrong");
    return `v=${hmac(serverKey, authMessage).toString("base64")}`;
  }
}

function serverNonce(): string {
  return randomBytes(18).toString("base64");
}

/** HMAC-SHA-256. */
export function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** Both have the same length. */
export function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, index) => byte ^ (b[index] as number)));
}
