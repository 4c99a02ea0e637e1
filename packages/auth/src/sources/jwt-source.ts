/** JSON Web Tokens as passwords (RFC 7519): signed by who knows the users, checked here without asking anybody. */

import type { Logger } from "@gmqtt/broker";
import { errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import type { JwtConfig } from "../config.ts";
import { WatchedFile } from "../files/watched-file.ts";
import type { Accepted, CredentialSource, Credentials, SourceAnswer } from "../login/credentials.ts";
import { readTokenKeys, type TokenKeys } from "./jwt-keys.ts";
import { readTokenRules } from "./token-rules.ts";

/** What the source stands on. */
export interface JwtSourceOptions {
  readonly config: JwtConfig;
  /** Makes paths of the configuration absolute. */
  readonly resolve: (path: string) => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

/** Header, payload and signature; an empty signature is for the algorithm "none", which nobody takes. */
const TOKEN = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

export class JwtSource implements CredentialSource {
  readonly name = "jwt";
  readonly #options: JwtSourceOptions;
  /** Of the key; undefined when the configuration holds it. */
  readonly #path: string | undefined;
  readonly #watched: WatchedFile | undefined;
  #keys: TokenKeys;

  private constructor(options: JwtSourceOptions, keys: TokenKeys) {
    this.#options = options;
    this.#keys = keys;
    const { config, resolve } = options;
    const file = config.jwks_file ?? config.public_key_file ?? config.secret_file;
    this.#path = file === undefined ? undefined : resolve(file);
    this.#watched = this.#path === undefined ? undefined : new WatchedFile(this.#path, () => void this.#reload());
  }

  /** Rejects when the key can't be used. */
  static async open(options: JwtSourceOptions): Promise<JwtSource> {
    const source = new JwtSource(options, await readTokenKeys(options.config, options.resolve));
    await source.#watched?.start();
    return source;
  }

  async check(credentials: Credentials): Promise<SourceAnswer> {
    const token = credentials.password === undefined ? "" : Buffer.from(credentials.password).toString("latin1");
    if (!TOKEN.test(token)) return { outcome: "unknown" };
    try {
      const { payload } = await jwtVerify(token, this.#keys.key, this.#verifyOptions());
      return this.#judge(payload, credentials);
    } catch (error) {
      if (error instanceof errors.JOSEError) return refused(error.message.toLowerCase().replaceAll('"', ""));
      throw error;
    }
  }

  close(): void {
    this.#watched?.close();
  }

  #verifyOptions(): JWTVerifyOptions {
    const { config, now } = this.#options;
    return {
      algorithms: [...this.#keys.algorithms],
      currentDate: new Date(now()),
      clockTolerance: config.clock_tolerance / 1000,
      ...(config.issuer === undefined ? {} : { issuer: config.issuer }),
      ...(config.audience === undefined ? {} : { audience: config.audience }),
      requiredClaims: config.require_expiry ? ["exp"] : [],
    };
  }

  /** The token is genuine; is it for this client? */
  #judge(payload: JWTPayload, credentials: Credentials): SourceAnswer {
    const { claims, clock_tolerance } = this.#options.config;
    const username = payload[claims.username];
    if (typeof username !== "string" || username === "") return refused(`claim ${claims.username} is no user name`);
    if (credentials.username !== undefined && credentials.username !== "" && credentials.username !== username) {
      return refused(`token is ${username}'s`);
    }
    const accepted: { -readonly [K in keyof Accepted]: Accepted[K] } = { outcome: "accepted", username };
    const clientId = payload[claims.client_id];
    if (clientId !== undefined) {
      if (typeof clientId !== "string" || clientId === "")
        return refused(`claim ${claims.client_id} is no client identifier`);
      accepted.clientId = clientId;
    }
    const given = payload[claims.rules];
    if (given !== undefined) {
      const rules = readTokenRules(given, "token");
      if (rules === undefined) return refused(`claim ${claims.rules} is no list of rules`);
      accepted.rules = rules;
    }
    if (payload.exp !== undefined) accepted.expiresAt = payload.exp * 1000 + clock_tolerance;
    return accepted;
  }

  async #reload(): Promise<void> {
    const { config, logger, resolve } = this.#options;
    try {
      this.#keys = await readTokenKeys(config, resolve);
      logger.info({ path: this.#path }, "token keys reloaded");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error({ path: this.#path, reason }, "token keys refused, the old ones stay");
    }
  }
}

function refused(reason: string): SourceAnswer {
  return { outcome: "refused", reason };
}
