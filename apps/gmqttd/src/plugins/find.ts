/** Finds and imports the plugins that a configuration names. */

import { type BrokerConfig, ConfigError, type PluginDefinition } from "@gmqtt/broker";
import type { ConfigFile } from "../config/file.ts";
import { CommandFailure, ExitCode, explain, toFailure } from "../failure.ts";
import { adviceFor, candidatePackages, type PluginModule, resolveModule } from "./resolve.ts";

/** Where a plugin's section stands: `plugins.auth`, or `persistence.redis` for a store. */
export type SectionPath = readonly [group: "plugins" | "persistence", name: string];

/** A plugin that was found, before it is made. */
export interface FoundPlugin {
  /** As `plugin_order` names it. */
  readonly name: string;
  readonly section: SectionPath;
  /** Package or path it was imported from. */
  readonly specifier: string;
  readonly definition: PluginDefinition;
}

/** A plugin to be looked for. */
interface WantedPlugin {
  readonly name: string;
  readonly section: SectionPath;
  /** Key to blame when there is none. */
  readonly path: string;
}

/**
 * The plugins of `plugin_order`, and the one that provides the store when `persistence.type` names none of the core's.
 * Throws a `CommandFailure` that names every plugin that is missing, with the command that would install it.
 */
export async function findPlugins(config: BrokerConfig, file: ConfigFile): Promise<FoundPlugin[]> {
  const wanted = config.pluginOrder.map(
    (name, index): WantedPlugin => ({ name, section: ["plugins", name], path: `plugin_order.${index}` }),
  );
  const found: FoundPlugin[] = [];
  const failures: CommandFailure[] = [];
  for (const plugin of [...storePlugin(config), ...wanted]) {
    try {
      found.push(await findPlugin(plugin, config, file));
    } catch (error) {
      const { exitCode, lines, cause } = toFailure(error);
      const place = file.locate(plugin.path);
      const placed = place === undefined ? lines : lines.map((line) => `${place}: ${line}`);
      failures.push(new CommandFailure(exitCode, placed, { cause }));
    }
  }
  const [first] = failures;
  if (first === undefined) return found;
  const lines = failures.flatMap((failure) => failure.lines);
  throw new CommandFailure(first.exitCode, lines, { cause: first.cause });
}

/** A store other than the memory one comes from a plugin named after it, unless `plugin_order` has that plugin. */
function storePlugin(config: BrokerConfig): WantedPlugin[] {
  const { type } = config.persistence;
  const name = `persistence-${type}`;
  if (type === "memory" || config.pluginOrder.includes(name)) return [];
  return [{ name, section: ["persistence", type], path: "persistence.type" }];
}

async function findPlugin(wanted: WantedPlugin, config: BrokerConfig, file: ConfigFile): Promise<FoundPlugin> {
  const { name, section } = wanted;
  const module = findModule(wanted, sectionOf(config, section), file.baseDirectory);
  return { name, section, specifier: module.specifier, definition: await importDefinition(wanted, module) };
}

/** The section of a plugin as it stands in a configuration; empty where it has none. */
export function sectionOf(config: BrokerConfig, [group, name]: SectionPath): Record<string, unknown> {
  const sections = group === "persistence" ? config.persistence : config.plugins;
  return (sections[name] ?? {}) as Record<string, unknown>;
}

function findModule(wanted: WantedPlugin, section: Record<string, unknown>, baseDirectory: string): PluginModule {
  const explicit = section.package;
  const key = `${wanted.section.join(".")}.package`;
  if (explicit !== undefined && typeof explicit !== "string") {
    throw new ConfigError(key, "must be the name of a package or the path of a module");
  }
  const candidates = explicit === undefined ? candidatePackages(wanted.name) : [explicit];
  for (const candidate of candidates) {
    const module = resolveModule(candidate, baseDirectory);
    if (module !== undefined) return module;
  }
  const isPath = explicit !== undefined && /^(\.{0,2}\/)/.test(explicit);
  const looked = explicit === undefined ? candidates.join(" and ") : explicit;
  const install = explicit === undefined ? adviceFor(wanted.name) : `install it with: npm install ${explicit}`;
  const mend = isPath ? "no such file" : install;
  throw new CommandFailure(ExitCode.BadConfiguration, [
    `${wanted.path}: plugin ${wanted.name} not found (looked for ${looked} from ${baseDirectory}), ${mend}`,
  ]);
}

/** Everything that the module of a plugin exports, for commands that need more of it than the plugin. */
export async function importPlugin(
  name: string,
  config: BrokerConfig,
  file: ConfigFile,
): Promise<{ readonly specifier: string; readonly module: unknown }> {
  const wanted: WantedPlugin = { name, section: ["plugins", name], path: `plugins.${name}` };
  const found = findModule(wanted, sectionOf(config, wanted.section), file.baseDirectory);
  return { specifier: found.specifier, module: await importModule(wanted, found) };
}

async function importDefinition(wanted: WantedPlugin, module: PluginModule): Promise<PluginDefinition> {
  const imported = await importModule(wanted, module);
  if (isDefinition(imported.default)) {
    const { name } = imported.default;
    const [group, key] = wanted.section;
    // A store may be called as `persistence.type` calls it.
    if (name === wanted.name || (group === "persistence" && name === key)) return imported.default;
    // Its section, its metrics and its reload all go by the name that it has.
    throw new CommandFailure(ExitCode.BadConfiguration, [
      `${wanted.path}: ${module.specifier} is the plugin ${name}, so write ${name} instead of ${wanted.name}`,
    ]);
  }
  throw new CommandFailure(ExitCode.BadConfiguration, [
    `${wanted.path}: ${module.specifier} is no plugin: its default export was not made by definePlugin`,
  ]);
}

function importModule(wanted: WantedPlugin, { specifier, url }: PluginModule): Promise<{ readonly default?: unknown }> {
  return import(url).then(
    (module: { readonly default?: unknown }) => module,
    (error: unknown) => {
      const line = `${wanted.path}: plugin ${wanted.name} from ${specifier} could not be loaded: ${explain(error)}`;
      throw new CommandFailure(ExitCode.Failed, [line], { cause: error });
    },
  );
}

function isDefinition(value: unknown): value is PluginDefinition {
  if (typeof value !== "object" || value === null) return false;
  const { name, create } = value as { name?: unknown; create?: unknown };
  return typeof name === "string" && typeof create === "function";
}
