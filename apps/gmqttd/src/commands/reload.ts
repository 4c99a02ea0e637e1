/** `gmqttd reload`: asks the gmqttd that runs with a configuration to read it again. */

import { resolve } from "node:path";
import type { ConfigOptions } from "../config/flags.ts";
import { loadAndCheckConfig } from "../config/load.ts";
import { CommandFailure, ExitCode, explain } from "../failure.ts";
import { isRunning, readPid } from "../process/pid-file.ts";

/** Sends SIGHUP to the process that the pid file names. A configuration with errors is refused here and now. */
export async function reload(options: ConfigOptions): Promise<ExitCode> {
  const { config, file } = await loadAndCheckConfig(options);
  if (config.pidFile === undefined) {
    throw new CommandFailure(ExitCode.BadConfiguration, [
      "pid_file: is not set, so the process to reload is not known; set it for both commands, or send SIGHUP yourself",
    ]);
  }
  const path = resolve(file.baseDirectory, config.pidFile);
  const pid = readPid(path);
  if (pid === undefined) throw failed(`pid_file: ${path} holds no process id; is gmqttd running?`);
  if (!isRunning(pid)) throw failed(`pid_file: ${path} names process ${pid}, which is gone`);
  try {
    process.kill(pid, "SIGHUP");
  } catch (error) {
    throw failed(`process ${pid}: ${explain(error)}`);
  }
  process.stdout.write(`process ${pid} was asked to reload; its log says what came of it\n`);
  return ExitCode.Stopped;
}

function failed(line: string): CommandFailure {
  return new CommandFailure(ExitCode.Failed, [line]);
}
