/** The section `persistence.redis`: gmqtt's keys, and what Redis can do since. */

import { type ConfigSchema, parseDuration } from "@gmqtt/broker";
import { z } from "zod";

/** Where a server listens. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** How the connection is encrypted; all files relative to the configuration's folder. */
export interface RedisTls {
  /** File with the certificates of the authorities that may have signed the server's. Default: those of Node. */
  readonly cacert?: string | undefined;
  /** Files with our own certificate and key, for a server that asks for one. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** False: the server's certificate is not checked. Default: true. */
  readonly verify: boolean;
  /** Name that the certificate must be for. Default: the host. */
  readonly server_name?: string | undefined;
}

/** The checked section, keys as in the file; times in milliseconds. */
export interface RedisConfig {
  /** Default: 127.0.0.1:6379. */
  readonly addr: RedisAddress;
  /** "": the default user. */
  readonly username: string;
  /** "": none. */
  readonly password: string;
  /** Number of the database. Default: 0. */
  readonly database: number;
  readonly tls?: RedisTls | undefined;
  /** Asks sentinels for the address of the primary; `addr` is not used then. */
  readonly sentinel?:
    | {
        readonly master: string;
        readonly addresses: readonly RedisAddress[];
        readonly username?: string | undefined;
        readonly password?: string | undefined;
        /** For the sentinels; `tls` beside it is for the primary. */
        readonly tls?: RedisTls | undefined;
      }
    | undefined;
  /** Some nodes of a Redis Cluster; `addr` is not used then. */
  readonly cluster?: readonly RedisAddress[] | undefined;
  /** What all keys begin with; brokers that share a Redis need one each. Default: `gmqtt:`. */
  readonly key_prefix: string;
  /** How long one attempt to connect may take, and how long a start tries. Default: 5 s. */
  readonly connect_timeout: number;
  /** A connection on which a command was not answered for so long is given up for a new one. Default: 5 s. */
  readonly command_timeout: number;
  /** The store counts as unavailable when it has not answered for so long. Default: 5 s. */
  readonly unavailable_after: number;
  /** How long a broker that has vanished keeps the next one out. Default: 10 s. */
  readonly lease_timeout: number;
  /** Commits that may be without an answer; what comes meanwhile is gathered into the next. Default: 4. */
  readonly max_outstanding_commits: number;
  readonly max_idle?: unknown;
  readonly max_active?: unknown;
  readonly idle_timeout?: unknown;
}

const SENSIBLE = "a duration such as 5s or 500ms";

function duration(fallback: string): z.ZodType<number> {
  return z
    .union([z.string(), z.number()])
    .default(fallback)
    .transform((value, context) => {
      const milliseconds = typeof value === "number" ? value : parseDuration(value);
      if (typeof milliseconds === "number" && milliseconds > 0) return milliseconds;
      context.addIssue({ code: "custom", message: `must be ${SENSIBLE}, got ${value}` });
      return z.NEVER;
    });
}

const address = z.string().transform((text, context) => {
  const match = /^(?:\[([^\]]+)\]|([^:/]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match !== null && port > 0 && port < 65_536) return { host: match[1] ?? (match[2] || "127.0.0.1"), port };
  context.addIssue({ code: "custom", message: `must be an address such as 127.0.0.1:6379, got ${text}` });
  return z.NEVER;
});

const tls = z
  .strictObject({
    /** File with the certificates of the authorities that may have signed the server's. */
    cacert: z.string().optional(),
    cert: z.string().optional(),
    key: z.string().optional(),
    /** False: the server's certificate is not checked. */
    verify: z.boolean().default(true),
    server_name: z.string().optional(),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), "cert and key go together");

const sentinel = z.strictObject({
  master: z.string().min(1),
  addresses: z.array(address).min(1),
  username: z.string().optional(),
  password: z.string().optional(),
  tls: tls.optional(),
});

const section = z.strictObject({
  addr: address.default({ host: "127.0.0.1", port: 6379 }),
  username: z.string().default(""),
  password: z.string().default(""),
  database: z.int().min(0).default(0),
  tls: tls.optional(),
  sentinel: sentinel.optional(),
  cluster: z.array(address).min(1).optional(),
  key_prefix: z
    .string()
    .regex(/^[^{}\s]*$/, "must have no braces and no spaces")
    .default("gmqtt:"),
  connect_timeout: duration("5s"),
  command_timeout: duration("5s"),
  unavailable_after: duration("5s"),
  lease_timeout: duration("10s"),
  max_outstanding_commits: z.int().min(1).default(4),
  max_idle: z.unknown().optional(),
  max_active: z.unknown().optional(),
  idle_timeout: z.unknown().optional(),
});

/** Checks the section. Its `shape` tells which keys there are. */
export const configSchema: ConfigSchema<RedisConfig> & { readonly shape: object } = section.superRefine(
  ({ cluster, database, sentinel }, context) => {
    if (cluster === undefined) return;
    const complain = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
    if (database !== 0) complain("database", `a cluster has database 0 alone, got ${database}`);
    if (sentinel !== undefined) complain("sentinel", "is not for a cluster, which finds its primaries by itself");
  },
);

/** Keys of gmqtt's connection pool, that one multiplexed connection has no use for. */
export const POOL_KEYS: readonly (keyof RedisConfig)[] = ["max_idle", "max_active", "idle_timeout"];
