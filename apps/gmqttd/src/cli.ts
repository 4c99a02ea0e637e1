/** The command line: commands, options, and how failures are shown. */

import { Command, CommanderError } from "commander";
import { checkConfig } from "./commands/check-config.ts";
import { type PasswdAction, type PasswdOptions, passwd } from "./commands/passwd.ts";
import { printConfig } from "./commands/print-config.ts";
import { reload } from "./commands/reload.ts";
import { start } from "./commands/start.ts";
import { addConfigOptions, type ConfigOptions } from "./config/flags.ts";
import { ExitCode, toFailure } from "./failure.ts";
import { version } from "./version.ts";

/** Runs one command line (without the program's name); answers its exit code. */
export async function run(args: readonly string[]): Promise<ExitCode> {
  let exitCode: ExitCode = ExitCode.Stopped;
  const program = new Command("gmqttd")
    .description("An MQTT 3.1, 3.1.1 and 5.0 broker.")
    .version(version, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .exitOverride();

  const add = (name: string, description: string, action: (options: ConfigOptions) => Promise<ExitCode>): void => {
    addConfigOptions(program.command(name).description(description)).action(async (options: ConfigOptions) => {
      try {
        exitCode = await action(options);
      } catch (error) {
        exitCode = showFailure(error, options);
      }
    });
  };
  add("start", "run the broker; SIGTERM and SIGINT stop it, SIGHUP reloads its configuration", async (options) => {
    const code = await start(options);
    // Whatever a plugin left open must not keep a stopped broker alive. All logs are written: they are synchronous.
    process.exit(code);
  });
  add("reload", "ask the running gmqttd, found by its pid file, to read its configuration again", reload);
  add("check-config", "say everything that is wrong with a configuration, and start nothing", checkConfig);
  add("print-config", "print the configuration in force, secrets hidden, and where its values come from", printConfig);

  const accounts = program.command("passwd").description("manage the accounts in the password file of the auth plugin");
  const manage = (action: PasswdAction, description: string): void => {
    const command = accounts.command(action === "list" ? action : `${action} <username>`).description(description);
    command.option("--file <path>", "password file; default: password_file of the auth plugin in the configuration");
    addConfigOptions(command).action(async (...given: unknown[]) => {
      const username = action === "list" ? "" : (given[0] as string);
      const options = given[action === "list" ? 0 : 1] as PasswdOptions;
      try {
        exitCode = await passwd(action, username, options);
      } catch (error) {
        exitCode = showFailure(error, options);
      }
    });
  };
  manage("add", "add an account; the password is asked for, or read from the standard input");
  manage("change", "change the password of an account");
  manage("delete", "delete an account");
  manage("verify", "say whether a password is right, by the exit code too");
  manage("list", "list the names of all accounts");

  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // commander has printed what there is to say; help and version are no failures.
    return error.exitCode === 0 ? ExitCode.Stopped : ExitCode.BadConfiguration;
  }
  return exitCode;
}

function showFailure(error: unknown, options: ConfigOptions): ExitCode {
  const failure = toFailure(error);
  for (const line of failure.lines) process.stderr.write(`gmqttd: ${line}\n`);
  const debug = options.logLevel === "debug" || process.env.GMQTT_LOG__LEVEL === "debug";
  if (debug && failure.cause instanceof Error) process.stderr.write(`${failure.cause.stack}\n`);
  return failure.exitCode;
}
