/** What every script needs: where the repository is, how to run a tool of it, how to say what happened. */
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The path of a tool installed at the top of the workspace. */
export function bin(name) {
  return join(root, "node_modules/.bin", name);
}

/** What `npx -p node@22 node scripts/...` leaves behind: it would be the package of every npx below it. */
const { npm_config_package: _, ...inherited } = process.env;

/** The environment of every child: no telemetry, no update notices. */
export const environment = {
  ...inherited,
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  DO_NOT_TRACK: "1",
};

/**
 * Runs a command with our output and resolves with its exit code (128 + n for a signal's death).
 * `quiet` keeps the output back and prints it only when the command failed.
 */
export function run(command, args, { cwd = root, env = environment, quiet = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd, env, stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit" });
    const kept = [];
    child.stdout?.on("data", (chunk) => kept.push(chunk));
    child.stderr?.on("data", (chunk) => kept.push(chunk));
    child.on("error", (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on("close", (code) => {
      const exit = code ?? 128;
      if (exit !== 0 && kept.length > 0) process.stderr.write(Buffer.concat(kept));
      resolve(exit);
    });
  });
}
