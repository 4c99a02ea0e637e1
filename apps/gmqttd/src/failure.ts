/** How a command ends: exit codes, and failures that people can do something about. */

import { ConfigError, describeConfigError, StartError } from "@gmqtt/broker";

/** Exit codes of gmqttd. */
export const ExitCode = {
  /** Stopped as asked, or done. */
  Stopped: 0,
  /** Something went wrong that is not the configuration's fault. */
  Failed: 1,
  /** The configuration, or the command line, can't be used. */
  BadConfiguration: 2,
} as const;

/** One of gmqttd's exit codes. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** A failure with one clear line per thing that is wrong, and the exit code that follows from it. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  readonly lines: readonly string[];

  constructor(exitCode: ExitCode, lines: readonly string[], options: { cause?: unknown } = {}) {
    super(lines.join("\n"), options);
    this.name = "CommandFailure";
    this.exitCode = exitCode;
    this.lines = lines;
  }
}

/** What a start or a command failed of, in lines for people; the stack stays in `cause`. */
export function toFailure(error: unknown): CommandFailure {
  if (error instanceof CommandFailure) return error;
  if (error instanceof ConfigError) {
    return new CommandFailure(ExitCode.BadConfiguration, [describeConfigError(error)], { cause: error });
  }
  if (error instanceof StartError) {
    const root = rootOf(error);
    if (root instanceof ConfigError) return toFailure(root);
    return new CommandFailure(ExitCode.Failed, [startLine(error, root)], { cause: error });
  }
  return new CommandFailure(ExitCode.Failed, [explain(error)], { cause: error });
}

/** The message alone where it says the reason, else with the reason that the cause gives. */
function startLine(error: StartError, root: Error): string {
  return root === error || error.message.includes(": ") ? error.message : `${error.message}: ${explain(root)}`;
}

function rootOf(error: Error): Error {
  return error.cause instanceof Error ? rootOf(error.cause) : error;
}

const systemErrors: Readonly<Record<string, string>> = {
  EADDRINUSE: "the address is in use by another process",
  EADDRNOTAVAIL: "this machine does not have that address",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOENT: "no such file",
  EISDIR: "is a folder, not a file",
  ENOTFOUND: "no such host",
  ENOTDIR: "a part of the path is not a folder",
  EROFS: "the file system is read-only",
};

/** One line for an error of the system or of code: what, and where, without its stack. `file`: where, unless the error knows. */
export function explain(error: unknown, file?: string): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  const text = code === undefined ? undefined : systemErrors[code];
  if (text === undefined) return error.message.split("\n", 1)[0] || error.name;
  const host = address?.includes(":") ? `[${address}]` : (address ?? "");
  const where = path ?? file ?? (port === undefined ? address : `${host}:${port}`);
  const note = code === "EACCES" && port !== undefined && port < 1024 ? " (ports below 1024 need privileges)" : "";
  return where === undefined ? text : `${where}: ${text}${note}`;
}
