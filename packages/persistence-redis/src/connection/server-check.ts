/** What a start looks at before it relies on a Redis: its version, and settings by which it forgets. */

/** What was found. */
export interface ServerCheck {
  /** Why it can't be used at all. */
  readonly problem?: string;
  /** What the operator should know, with the setting and its value. */
  readonly warnings: readonly { readonly fields: object; readonly text: string }[];
}

/** The first version with `ZADD ... LT`. Valkey says which version of Redis it is like. */
const OLDEST = [6, 2] as const;

/** `info`: what INFO answers. What it does not say is not complained of. */
export function checkServer(info: string): ServerCheck {
  const value = (name: string): string | undefined => new RegExp(`^${name}:(.*?)\r?$`, "m").exec(info)?.[1];
  const version = value("redis_version");
  const [major = 0, minor = 0] = version?.split(".").map(Number) ?? OLDEST;
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return { problem: `it is version ${version}, ${OLDEST.join(".")} or later is needed`, warnings: [] };
  }
  const warnings: ServerCheck["warnings"][number][] = [];
  if (value("aof_enabled") === "0") {
    const text =
      "redis keeps no append-only file: a killed redis forgets what was acknowledged since its last snapshot";
    warnings.push({ fields: { appendonly: "no" }, text });
  }
  const policy = value("maxmemory_policy");
  if (policy !== undefined && policy !== "noeviction" && value("maxmemory") !== "0") {
    const text = "redis throws keys away when its memory is full: sessions and messages get lost, set noeviction";
    warnings.push({ fields: { "maxmemory-policy": policy }, text });
  }
  return { warnings };
}
