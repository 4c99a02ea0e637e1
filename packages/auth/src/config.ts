/** The section `plugins.auth`: gmqtt's two keys, and everything beside them. */

import { availableParallelism } from "node:os";
import { type ConfigSchema, parseDuration } from "@gmqtt/broker";
import { z } from "zod";
import { ruleSchema, type WrittenRule } from "./access/rule-schema.ts";
import type { NewHash } from "./passwords/hasher.ts";
import type { HashName } from "./passwords/stored-password.ts";

/** Names of the sources of credentials. */
export type SourceName = "password" | "jwt" | "http";

/** The section as the plugin uses it, all defaults filled in; times in milliseconds. docs/auth.md explains each key. */
export interface AuthConfig {
  /** How passwords in the file that don't say it themselves are hashed. Default: md5. */
  readonly hash: HashName;
  /** Relative to the configuration file. Default: ./gmqtt_password.yml. */
  readonly password_file: string;
  readonly password_file_format: "auto" | "gmqtt" | "mosquitto";
  /** Default: bcrypt where `hash` is bcrypt, else argon2id. */
  readonly new_hash?: NewHash | undefined;
  readonly upgrade_hashes: boolean;
  readonly argon2: { readonly memory: number; readonly iterations: number; readonly parallelism: number };
  readonly bcrypt_cost: number;
  readonly hash_threads: number;
  /** Logins that may wait for a hash to be computed. */
  readonly max_waiting_logins: number;
  readonly login_cache: number;
  readonly allow_anonymous: boolean;
  /** Who may use a client identifier whose session is another user's. */
  readonly client_id_takeover: "same_user" | "anyone";
  /** Default: password, then jwt and http where they have a section. */
  readonly sources?: readonly SourceName[] | undefined;
  readonly throttle: {
    readonly user_failures: number;
    readonly address_failures: number;
    readonly wait: number;
    readonly max_wait: number;
    readonly forget_after: number;
    readonly entries: number;
  };
  readonly acl?: readonly WrittenRule[] | undefined;
  readonly acl_file?: string | undefined;
  /** Default: deny as soon as there are rules. */
  readonly acl_default?: "allow" | "deny" | undefined;
  readonly jwt?: JwtConfig | undefined;
  readonly http?: HttpConfig | undefined;
}

/** The section as people write it: any of the keys, durations as `20s`. */
export type AuthSection = { readonly [K in keyof AuthConfig]?: unknown };

/** Tokens as passwords. */
export interface JwtConfig {
  readonly secret?: string | undefined;
  readonly secret_file?: string | undefined;
  readonly public_key_file?: string | undefined;
  readonly jwks_file?: string | undefined;
  readonly algorithms?: readonly string[] | undefined;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
  readonly clock_tolerance: number;
  readonly require_expiry: boolean;
  readonly claims: { readonly username: string; readonly client_id: string; readonly rules: string };
}

/** A callout that is asked about credentials. */
export interface HttpConfig {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeout: number;
  readonly cache_ttl: number;
  readonly cache_entries: number;
  readonly max_pending: number;
}

const count = z.int().min(0);
const path = z.string().min(1);

/** As in gmqtt's files (`20s`), or milliseconds. */
const duration = (fallback: string) =>
  z
    .union([z.number().min(0), z.string()])
    .default(fallback)
    .transform((given, context): number => {
      const milliseconds = typeof given === "number" ? given : parseDuration(given);
      if (milliseconds !== undefined) return milliseconds;
      context.addIssue({ code: "custom", message: "must be a duration, as in 20s or 2h" });
      return z.NEVER;
    });

const jwt = z
  .strictObject({
    secret: z.string().min(1).optional(),
    secret_file: path.optional(),
    public_key_file: path.optional(),
    jwks_file: path.optional(),
    algorithms: z.array(z.enum(algorithmNames())).min(1).optional(),
    issuer: z.string().min(1).optional(),
    audience: z.string().min(1).optional(),
    clock_tolerance: duration("0s"),
    require_expiry: z.boolean().default(true),
    claims: z
      .strictObject({
        username: z.string().min(1).default("sub"),
        client_id: z.string().min(1).default("client_id"),
        rules: z.string().min(1).default("acl"),
      })
      .prefault({}),
  })
  .refine(
    (keys) => ["secret", "secret_file", "public_key_file", "jwks_file"].filter((key) => key in keys).length === 1,
    "needs exactly one of secret, secret_file, public_key_file and jwks_file",
  );

const http = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  headers: z.record(z.string(), z.string()).default({}),
  timeout: duration("3s"),
  cache_ttl: duration("60s"),
  cache_entries: count.default(10_000),
  max_pending: z.int().min(1).default(200),
});

const section = z
  .strictObject({
    hash: z.enum(["plain", "md5", "sha256", "bcrypt", "argon2id"]).default("md5"),
    password_file: path.default("./gmqtt_password.yml"),
    password_file_format: z.enum(["auto", "gmqtt", "mosquitto"]).default("auto"),
    new_hash: z.enum(["argon2id", "bcrypt", "pbkdf2"]).optional(),
    upgrade_hashes: z.boolean().default(true),
    argon2: z
      .strictObject({
        memory: z.int().min(1024).max(1_048_576).default(19_456),
        iterations: z.int().min(1).max(1_000).default(2),
        parallelism: z.int().min(1).max(64).default(1),
      })
      .prefault({}),
    bcrypt_cost: z.int().min(4).max(20).default(10),
    hash_threads: z
      .int()
      .min(1)
      .max(64)
      .default(Math.max(1, Math.min(4, availableParallelism() - 1))),
    max_waiting_logins: z.int().min(1).default(1_000),
    login_cache: count.default(10_000),
    allow_anonymous: z.boolean().default(false),
    client_id_takeover: z.enum(["same_user", "anyone"]).default("same_user"),
    sources: z
      .array(z.enum(["password", "jwt", "http"]))
      .min(1)
      .optional(),
    throttle: z
      .strictObject({
        user_failures: count.default(5),
        address_failures: count.default(50),
        wait: duration("1s"),
        max_wait: duration("1m"),
        forget_after: duration("10m"),
        entries: z.int().min(1).default(10_000),
      })
      .prefault({}),
    acl: z.array(ruleSchema).optional(),
    acl_file: path.optional(),
    acl_default: z.enum(["allow", "deny"]).optional(),
    jwt: jwt.optional(),
    http: http.optional(),
  })
  .superRefine((keys, context) => {
    const { sources } = keys;
    if (sources === undefined) return;
    if (new Set(sources).size < sources.length) {
      context.addIssue({ code: "custom", path: ["sources"], message: "names a source twice" });
    }
    for (const name of ["jwt", "http"] as const) {
      if (sources.includes(name) === (keys[name] !== undefined)) continue;
      const message = sources.includes(name)
        ? `names ${name}, which has no section`
        : `leaves out ${name}, which has a section`;
      context.addIssue({ code: "custom", path: ["sources"], message });
    }
  });

/** Checks the section `plugins.auth` and fills in defaults. What it made can be checked again. */
export const configSchema: ConfigSchema<AuthConfig> = section;

function algorithmNames(): ["HS256", ...string[]] {
  const bits = ["256", "384", "512"];
  const names = ["RS", "PS", "ES"].flatMap((family) => bits.map((size) => `${family}${size}`));
  return ["HS256", "HS384", "HS512", ...names, "EdDSA", "Ed25519"];
}
