/** From the command line to a checked configuration with its plugins: file, environment, options, plugins' schemas. */

import { readFileSync } from "node:fs";
import {
  type BrokerConfig,
  type ConfigError,
  checkListeners,
  describeConfigError,
  type ReadConfigResult,
  readConfig,
} from "@gmqtt/broker";
import { CommandFailure, ExitCode, explain } from "../failure.ts";
import { type FoundPlugin, findPlugins } from "../plugins/find.ts";
import { checkSections, declaredIn } from "../plugins/sections.ts";
import { type ConfigFile, parseValue, readConfigFile } from "./file.ts";
import { type ConfigOptions, configFlags } from "./flags.ts";

/** Everything a start or a reload needs. */
export interface LoadedConfig {
  readonly file: ConfigFile;
  /** Checked and complete; the sections of the plugins that run are as their schemas made them. */
  readonly config: BrokerConfig;
  /** The plugins that run, in their order. */
  readonly plugins: readonly FoundPlugin[];
  /** Who gave the value at a path such as `mqtt.max_inflight`. */
  readonly sourceOf: (path: string) => string;
}

/** Reads everything and asks the plugins. Throws a `CommandFailure` with one line per thing that is wrong. */
export async function loadConfig(options: ConfigOptions): Promise<LoadedConfig> {
  const file = readConfigFile(options.config);
  // Which plugins run must be known before it is known which keys they declare: PASSWORD_FILE may be a key of its own,
  // or name the file that a password is in. The first reading takes it for a key, and reads no file for it.
  const first = accept(
    file,
    read(file, options, () => true),
  );
  const plugins = await findPlugins(first.config, file);
  const { config, sourceOf } = accept(
    file,
    read(file, options, (path) => declaredIn(plugins, path)),
  );
  const checked = checkSections(config, plugins);
  if (checked.errors.length > 0) throw badConfiguration(file, checked.errors, sourceOf);
  return { file, config: checked.config, plugins, sourceOf };
}

/** As `loadConfig`, and looks at what a start would find out by itself: certificates, keys, contradicting listeners. */
export async function loadAndCheckConfig(options: ConfigOptions): Promise<LoadedConfig> {
  const loaded = await loadConfig(options);
  const errors = await checkListeners(loaded.config.listeners, loaded.file.baseDirectory);
  if (errors.length > 0) throw badConfiguration(loaded.file, errors, loaded.sourceOf);
  return loaded;
}

function read(
  file: ConfigFile,
  options: ConfigOptions,
  declares: (path: readonly string[]) => boolean,
): ReadConfigResult {
  return readConfig({
    document: file.document,
    environment: process.env,
    flags: configFlags(options),
    parseValue,
    readFile,
    declares,
  });
}

function accept(file: ConfigFile, result: ReadConfigResult): Extract<ReadConfigResult, { ok: true }> {
  if (!result.ok) throw badConfiguration(file, result.errors, result.sourceOf);
  return result;
}

/** One line per error, with the line of the file where the wrong value is from the file. */
function badConfiguration(
  file: ConfigFile,
  errors: readonly ConfigError[],
  sourceOf: (path: string) => string,
): CommandFailure {
  const lines = errors.map((error) => {
    const fromFile = ["file", "default"].includes(sourceOf(error.path));
    const place = fromFile ? file.locate(error.path) : undefined;
    return place === undefined ? describeConfigError(error) : `${place}: ${describeConfigError(error)}`;
  });
  return new CommandFailure(ExitCode.BadConfiguration, lines);
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`cannot read ${explain(error, path)}`, { cause: error });
  }
}
