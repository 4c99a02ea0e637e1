/** Command line options that set configuration keys. */

import type { ConfigFlag } from "@gmqtt/broker";
import { type Command, InvalidArgumentError } from "commander";

/** The options of every command that reads a configuration. */
export interface ConfigOptions {
  readonly config?: string;
  readonly set?: readonly ConfigFlag[];
  readonly logLevel?: string;
  readonly logFormat?: string;
  readonly pidFile?: string;
  readonly pluginOrder?: string;
}

/** Frequent keys that have an option of their own. */
const shortcuts = [
  { option: "logLevel", flag: "--log-level", key: "log.level", value: "<level>", doc: "debug, info, warn or error" },
  { option: "logFormat", flag: "--log-format", key: "log.format", value: "<format>", doc: "text or json" },
  { option: "pidFile", flag: "--pid-file", key: "pid_file", value: "<path>", doc: "file that holds the process id" },
  {
    option: "pluginOrder",
    flag: "--plugin-order",
    key: "plugin_order",
    value: "<names>",
    doc: "plugins to run, parted by commas",
  },
] as const;

/** Adds the options to a command. */
export function addConfigOptions(command: Command): Command {
  command.option("-c, --config <file>", "configuration file (YAML); without it: defaults, environment and options");
  command.option("--set <key=value>", "set any key, as in --set mqtt.max_inflight=50; may be repeated", collect);
  for (const { flag, value, doc } of shortcuts) command.option(`${flag} ${value}`, doc);
  return command;
}

function collect(text: string, collected: readonly ConfigFlag[] = []): readonly ConfigFlag[] {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("It must be key=value, as in mqtt.max_inflight=50.");
  return [...collected, { key: text.slice(0, at), value: text.slice(at + 1), flag: "--set" }];
}

/** What the options say, as assignments to keys; an option of its own wins over `--set`. */
export function configFlags(options: ConfigOptions): ConfigFlag[] {
  const own = shortcuts.flatMap(({ option, key, flag }) => {
    const value = options[option];
    return value === undefined ? [] : [{ key, value, flag }];
  });
  return [...(options.set ?? []), ...own];
}
