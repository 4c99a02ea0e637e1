/** SCRAM-SHA-256 as the client speaks it (RFC 5802): the server has to prove itself too. */

import { createHash, pbkdf2Sync, randomBytes, timingSafeEqual } from "node:crypto";
import { hmac, xor } from "../scram.ts";

/** One exchange, step by step. */
export class ScramClient {
  readonly first: string;
  readonly #bare: string;
  readonly #nonce: string;
  readonly #password: string;
  #serverSignature: Buffer = Buffer.alloc(0);

  constructor(username: string, password: string, nonce: string = randomBytes(18).toString("base64")) {
    this.#password = password;
    this.#nonce = nonce;
    this.#bare = `n=${username.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
    this.first = `n,,${this.#bare}`;
  }

  /** Answers the server's first message. Throws when it isn't an answer to ours. */
  final(serverFirst: string): string {
    const match = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst);
    const [, nonce = "", salt = "", iterations = ""] = match ?? [];
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce) throw new Error("server did not add to our nonce");
    if (Number(iterations) < 4_096) throw new Error(`${iterations} iterations are too few`);
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, "base64"), Number(iterations), 32, "sha256");
    const clientKey = hmac(salted, "Client Key");
    const storedKey = createHash("sha256").update(clientKey).digest();
    const withoutProof = `c=${Buffer.from("n,,").toString("base64")},r=${nonce}`;
    const authMessage = `${this.#bare},${serverFirst},${withoutProof}`;
    this.#serverSignature = hmac(hmac(salted, "Server Key"), authMessage);
    return `${withoutProof},p=${xor(clientKey, hmac(storedKey, authMessage)).toString("base64")}`;
  }

  /** Whether the server's final message shows that it knows us. */
  verify(serverFinal: string): boolean {
    const signature = Buffer.from(serverFinal.replace(/^v=/, ""), "base64");
    return signature.length === this.#serverSignature.length && timingSafeEqual(signature, this.#serverSignature);
  }
}
