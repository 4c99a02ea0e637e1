/** Bans over a restart: a JSON file, written anew as a whole, so that it is never half there. */

import { open, readFile, rename } from "node:fs/promises";
import { ConfigError } from "@gmqtt/broker";
import { z } from "zod";
import { type Ban, banValue } from "./ban-list.ts";

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const fileSchema = z.array(
  z
    .strictObject({
      kind: z.enum(["client_id", "username", "address"]),
      value: z.string(),
      reason: z.string().default(""),
      created_by: z.string().default(""),
      created_at: time,
      expires_at: time.optional(),
    })
    .refine(({ kind, value }) => banValue(kind, value) !== undefined, { message: "value does not fit its kind" }),
);

/** Reads the file; one that is not there has none. Rejects with `ConfigError` for one that can't be used. */
export async function readBans(path: string): Promise<readonly Ban[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return [];
    throw unusable(path, code ?? String(error));
  }
  const result = fileSchema.safeParse(parse(path, text));
  if (!result.success) {
    const [issue] = result.error.issues;
    throw unusable(path, `${issue?.path.join(".")}: ${issue?.message}`);
  }
  return result.data.map((ban) => ({
    kind: ban.kind,
    value: banValue(ban.kind, ban.value) ?? ban.value,
    reason: ban.reason,
    createdBy: ban.created_by,
    createdAt: ban.created_at,
    expiresAt: ban.expires_at,
  }));
}

/** Replaces the file; resolves when it would survive a crash. */
export async function writeBans(path: string, bans: readonly Ban[]): Promise<void> {
  const written = bans.map(({ createdAt, createdBy, expiresAt, kind, reason, value }) => ({
    kind,
    value,
    reason,
    created_by: createdBy,
    created_at: new Date(createdAt).toISOString(),
    ...(expiresAt === undefined ? {} : { expires_at: new Date(expiresAt).toISOString() }),
  }));
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(`${JSON.stringify(written, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw unusable(path, error instanceof Error ? error.message : String(error));
  }
}

function unusable(path: string, why: string): ConfigError {
  return new ConfigError("plugins.admin.bans_file", `${path} can't be used: ${why}`);
}
