/**
 * Logins that were right a while ago: a fleet that reconnects need not be hashed anew. Kept is a keyed digest that means
 * nothing outside this process; a changed account forgets it by itself.
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

export class LoginCache {
  readonly #size: number;
  readonly #key: Buffer = randomBytes(32);
  /** By user name, the least recently used first. */
  readonly #digests: Map<string, Buffer> = new Map();

  /** `size`: user names remembered; 0 remembers nothing. */
  constructor(size: number) {
    this.#size = size;
  }

  /** Was this password right for this very stored hash? */
  knows(username: string, stored: string, password: Uint8Array): boolean {
    const known = this.#digests.get(username);
    if (known === undefined || !timingSafeEqual(known, this.digest(stored, password))) return false;
    this.#digests.delete(username);
    this.#digests.set(username, known);
    return true;
  }

  remember(username: string, stored: string, password: Uint8Array): void {
    if (this.#size === 0) return;
    this.#digests.delete(username);
    this.#digests.set(username, this.digest(stored, password));
    if (this.#digests.size <= this.#size) return;
    const [oldest] = this.#digests.keys();
    this.#digests.delete(oldest as string);
  }

  /** Stands for a password tried on a stored hash; means nothing outside this process. */
  digest(stored: string, password: Uint8Array): Buffer {
    // A stored hash holds no zero byte, so that nothing can be moved from one part to the other.
    return createHmac("sha256", this.#key).update(`${stored}\0`).update(password).digest();
  }
}
