/** Section `plugins.admin`: who may use the API, and how much of it. Addresses stand in `api`, as in gmqtt. */

import { ConfigError } from "@gmqtt/broker";
import { z } from "zod";

/** What a caller may do: `read` may look, `write` may change things too. */
export type AdminRole = "read" | "write";

/** A bearer token. */
export interface AdminToken {
  /** Who it belongs to, for the log. */
  readonly name: string;
  /** SHA-256 of the token in hexadecimal; the token itself stands nowhere. */
  readonly sha256: string;
  /** Default: read. */
  readonly role: AdminRole;
}

/** What the holder of a client certificate may do. */
export interface AdminCertificate {
  readonly common_name: string;
  /** Default: read. */
  readonly role: AdminRole;
}

/** Limits of the API. */
export interface AdminLimits {
  /** Largest request, in bytes. Default: 1048576. */
  readonly max_body_bytes: number;
  /** Items on the largest page that a list returns. Default: 1000. */
  readonly max_page_size: number;
  /** Requests per second of one caller; twice as many may come at once. 0: no limit. Default: 100. */
  readonly requests_per_second: number;
  /** Streams, such as traces, that may be open at the same time. Default: 20. */
  readonly max_streams: number;
}

/** The section as the plugin reads it, with the keys of files. */
export interface AdminConfig {
  /** With any token, every caller needs one, or a verified certificate. Default: none. */
  readonly tokens: readonly AdminToken[];
  /** Roles by common name of a verified client certificate. Default: every verified certificate has role write. */
  readonly certificates?: readonly AdminCertificate[] | undefined;
  /** Where bans are kept over a restart, relative to the configuration file. Default: nowhere. */
  readonly bans_file?: string | undefined;
  /** Whether gRPC clients may ask which services there are. Default: true. */
  readonly reflection: boolean;
  /** Whether REST serves its description at /openapi.json and a page that shows it at /. Default: true. */
  readonly docs: boolean;
  readonly limits: AdminLimits;
}

const role = z.enum(["read", "write"]).default("read");

const limits = z.strictObject({
  max_body_bytes: z.int().min(1024).max(268_435_456).default(1_048_576),
  max_page_size: z.int().min(1).max(100_000).default(1000),
  requests_per_second: z.int().min(0).max(1_000_000).default(100),
  max_streams: z.int().min(1).max(10_000).default(20),
});

const sha256 = z.string().regex(/^[0-9a-fA-F]{64}$/, "must be the SHA-256 of the token, 64 hexadecimal digits");

/** Checks the section. */
export const configSchema: z.ZodType<AdminConfig> = z.strictObject({
  tokens: z.array(z.strictObject({ name: z.string().min(1).max(64), sha256, role })).default([]),
  certificates: z.array(z.strictObject({ common_name: z.string().min(1), role })).optional(),
  bans_file: z.string().min(1).optional(),
  reflection: z.boolean().default(true),
  docs: z.boolean().default(true),
  limits: limits.prefault({}),
});

/** The section as code writes it; undefined are the defaults. Throws `ConfigError` with the key that is wrong. */
export function readSection(section: unknown): AdminConfig {
  const result = configSchema.safeParse(section ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = ["plugins.admin", ...(issue?.path ?? [])].map(String).join(".");
  throw new ConfigError(path, issue?.message ?? "is not usable");
}
