/** Listening on a Unix socket: a file that must be cleared away, given its mode, and removed at the end. */

import { chmodSync, existsSync } from "node:fs";
import { lstat, unlink } from "node:fs/promises";
import { connect } from "node:net";
import { dirname, resolve } from "node:path";
import { bind, cannotListen, reasonOf } from "./bind.ts";
import { type BindOptions, type BoundServer, createSocketServer } from "./tcp-listener.ts";

/** What a Unix socket has besides. */
export interface UnixBindOptions extends BindOptions {
  readonly baseDirectory: string;
  /** Octal digits, such as `0660`; undefined: what the process's umask leaves. */
  readonly mode: string | undefined;
}

/** Longest path in bytes that `sockaddr_un` holds beside its closing null. */
const longestPath = process.platform === "linux" ? 107 : 103;

/**
 * Listens on a Unix socket. A socket file that nobody listens on any more is removed first; Node removes ours when the
 * server closes.
 *
 * @throws StartError when somebody listens there, when the path is taken by something else, or can't be used.
 */
export async function bindUnix(path: string, options: UnixBindOptions): Promise<BoundServer> {
  const file = resolve(options.baseDirectory, path);
  const mode = options.mode === undefined ? undefined : fileMode(options.mode, options.label);
  const length = Buffer.byteLength(file);
  if (length > longestPath) {
    throw cannotListen(options.label, `the path has ${length} bytes, the system allows ${longestPath}`);
  }
  await clearAway(file, options.label);
  const server = createSocketServer(options.onSocket);
  await bind(server, { path: file, backlog: options.backlog }, options.label);
  try {
    if (mode !== undefined) chmodSync(file, mode);
  } catch (error) {
    server.close();
    throw cannotListen(options.label, `cannot set the mode ${options.mode}: ${reasonOf(error)}`, error);
  }
  return { server, address: `unix://${file}`, port: 0 };
}

function fileMode(text: string, label: string): number {
  if (!/^0?[0-7]{3}$/.test(text))
    throw cannotListen(label, `the mode "${text}" is not three octal digits such as 0660`);
  return Number.parseInt(text, 8);
}

async function clearAway(file: string, label: string): Promise<void> {
  let isSocket: boolean;
  try {
    isSocket = (await lstat(file)).isSocket();
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    // libuv would call a missing folder a missing permission.
    if (isMissing && existsSync(dirname(file))) return;
    throw cannotListen(label, isMissing ? `no such folder: ${dirname(file)}` : reasonOf(error), error);
  }
  if (!isSocket) throw cannotListen(label, "a file that is not a socket stands there");
  if (await isServed(file)) throw cannotListen(label, "address already in use (another broker running?)");
  await unlink(file);
}

/** Only a refused connection proves that nobody listens; anything else (no permission, say) leaves the file alone. */
function isServed(file: string): Promise<boolean> {
  return new Promise((answer) => {
    const probe = connect(file);
    probe.once("connect", () => {
      probe.destroy();
      answer(true);
    });
    probe.once("error", (error) => answer(!("code" in error) || error.code !== "ECONNREFUSED"));
  });
}
