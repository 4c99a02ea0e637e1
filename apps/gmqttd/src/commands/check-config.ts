/** `gmqttd check-config`: says everything that is wrong with a configuration, and starts nothing. */

import type { ConfigOptions } from "../config/flags.ts";
import { loadAndCheckConfig } from "../config/load.ts";
import { ExitCode } from "../failure.ts";

/** Throws a `CommandFailure` with one line per error. */
export async function checkConfig(options: ConfigOptions): Promise<ExitCode> {
  const { file, plugins } = await loadAndCheckConfig(options);
  const names = plugins.length === 0 ? "no plugins" : `plugins: ${plugins.map(({ name }) => name).join(", ")}`;
  process.stdout.write(`${file.path ?? "defaults, environment and options"}: ok (${names})\n`);
  return ExitCode.Stopped;
}
