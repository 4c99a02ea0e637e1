/** Section `tls` of an API address: gmqtt's keys, as listeners have them. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError } from "@gmqtt/broker";
import { z } from "zod";

const tlsSchema = z.strictObject({
  cacert: z.string().min(1).optional(),
  cert: z.string().min(1),
  key: z.string().min(1),
  verify: z.boolean().default(false),
});

/** The files of a `tls` section, read. */
export interface ApiTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca: Buffer | undefined;
  /** A client certificate signed by `ca` is demanded. */
  readonly verify: boolean;
}

/** Checks the section and reads its files; `path` is where it stands. Rejects with `ConfigError`. */
export async function readTls(section: unknown, path: string, baseDirectory: string): Promise<ApiTls> {
  const result = tlsSchema.safeParse(section);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new ConfigError([path, ...(issue?.path ?? [])].map(String).join("."), issue?.message ?? "is not usable");
  }
  const { cacert, cert, key, verify } = result.data;
  if (verify && cacert === undefined) throw new ConfigError(`${path}.cacert`, "is needed with verify: true");
  const read = async (name: string, file: string): Promise<Buffer> => {
    try {
      return await readFile(resolve(baseDirectory, file));
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      throw new ConfigError(`${path}.${name}`, `cannot read ${file}: ${code}`);
    }
  };
  return {
    cert: await read("cert", cert),
    key: await read("key", key),
    ca: cacert === undefined ? undefined : await read("cacert", cacert),
    verify,
  };
}
