/** Replaces a file so that a reader, or a crash, sees the old one or the new one and nothing between. */

import { randomBytes } from "node:crypto";
import { type FileHandle, open, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** New files are for their owner alone: what is in them is secret. */
const MODE = 0o600;

/** Writes beside the file, syncs, renames. Mode and, where allowed, owner of the old file stay. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const target = await realpath(path).catch(() => path); // a link stays a link
  const old = await stat(target).catch(() => undefined);
  const temporary = `${target}.${process.pid}.${randomBytes(6).toString("hex")}.tmp`;
  const file = await open(temporary, "wx", MODE);
  try {
    try {
      if (old !== undefined) await keepOwner(file, old);
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

async function keepOwner(file: FileHandle, old: { mode: number; uid: number; gid: number }): Promise<void> {
  await file.chmod(old.mode & 0o7777);
  const made = await file.stat();
  if (made.uid === old.uid && made.gid === old.gid) return;
  await file.chown(old.uid, old.gid).catch(() => {}); // only root may; the file is then ours
}

/** The rename itself must survive a power cut; not every system lets a folder be synced. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  if (folder === undefined) return;
  try {
    await folder.sync();
  } catch {
    // Windows can't.
  } finally {
    await folder.close();
  }
}
