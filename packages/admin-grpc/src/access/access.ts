/** Who is calling: by bearer token or verified client certificate; without either of them configured, whoever is on this machine. */

import { createHash, timingSafeEqual } from "node:crypto";
import type { Role } from "../api/method.ts";
import { ApiError, StatusCode } from "../api/status.ts";
import type { AdminConfig } from "../config.ts";

/** What a connection and a request say of their sender. */
export interface Credentials {
  /** Value of the Authorization header or metadata. */
  readonly authorization: string | undefined;
  /** Common name of the verified certificate; undefined without one. */
  readonly commonName: string | undefined;
}

/** A caller that is known. */
export interface Identity {
  readonly who: string;
  readonly role: Role;
}

interface Token {
  readonly who: string;
  readonly role: Role;
  readonly digest: Buffer;
}

/** Decides who a caller is. */
export class Access {
  readonly #tokens: readonly Token[];
  readonly #certificates: ReadonlyMap<string, Role> | undefined;

  constructor({ tokens, certificates }: Pick<AdminConfig, "tokens" | "certificates">) {
    this.#tokens = tokens.map(({ name, role, sha256 }) => ({
      who: `token:${name}`,
      role,
      digest: Buffer.from(sha256, "hex"),
    }));
    this.#certificates = certificates && new Map(certificates.map(({ common_name, role }) => [common_name, role]));
  }

  /** Whether callers can show a token. */
  get hasTokens(): boolean {
    return this.#tokens.length > 0;
  }

  /**
   * `closed`: the connection demands a certificate, so that nobody is anonymous. Throws UNAUTHENTICATED for a wrong or
   * missing token, PERMISSION_DENIED for a certificate without a role.
   */
  identify({ authorization, commonName }: Credentials, closed: boolean): Identity {
    if (authorization !== undefined && this.hasTokens) return this.#byToken(authorization);
    if (commonName !== undefined) return this.#byCertificate(commonName);
    if (this.hasTokens || closed) throw unauthenticated("a bearer token is needed");
    return { who: "anonymous", role: "write" };
  }

  /** Every token is compared, and each comparison takes as long as any other. */
  #byToken(authorization: string): Identity {
    const given = /^bearer +(\S+)$/i.exec(authorization)?.[1];
    if (given === undefined) throw unauthenticated("authorization must be: Bearer and a token");
    const digest = createHash("sha256").update(given).digest();
    let found: Token | undefined;
    for (const token of this.#tokens) {
      if (timingSafeEqual(token.digest, digest)) found = token;
    }
    if (found === undefined) throw unauthenticated("unknown token");
    return found;
  }

  #byCertificate(commonName: string): Identity {
    const role = this.#certificates === undefined ? "write" : this.#certificates.get(commonName);
    if (role !== undefined) return { who: `certificate:${commonName}`, role };
    throw new ApiError(StatusCode.PERMISSION_DENIED, `certificate ${commonName} has no role`);
  }
}

function unauthenticated(message: string): ApiError {
  return new ApiError(StatusCode.UNAUTHENTICATED, message, { headers: { "www-authenticate": 'Bearer realm="gmqtt"' } });
}
