/** Finds the module of a plugin by the plugin's name, from the folder of the configuration file. */

import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { resolve as resolveFrom } from "import-meta-resolve";

/** Packages of ours whose name is not that of the plugin. */
const packageOf: Readonly<Record<string, string>> = { admin: "@gmqtt/admin-grpc" };

/** Packages that a plugin may come from, the first one being what to install. */
export function candidatePackages(name: string): readonly string[] {
  return [packageOf[name] ?? `@gmqtt/${name}`, `gmqtt-plugin-${name}`];
}

/** A module that a plugin comes from. */
export interface PluginModule {
  /** Package name or path, for messages. */
  readonly specifier: string;
  readonly url: string;
}

/**
 * The module of a package or path. Packages are looked for as an `import` in that folder would, so that users install
 * next to their configuration what they use; then among gmqttd's own dependencies. Undefined when there is none.
 */
export function resolveModule(specifier: string, baseDirectory: string): PluginModule | undefined {
  if (isAbsolute(specifier) || specifier.startsWith("./") || specifier.startsWith("../")) {
    const path = resolve(baseDirectory, specifier);
    return existsSync(path) ? { specifier, url: pathToFileURL(path).href } : undefined;
  }
  const parents = [pathToFileURL(join(baseDirectory, "gmqttd.yml")).href, import.meta.url];
  for (const parent of parents) {
    try {
      return { specifier, url: resolveFrom(specifier, parent) };
    } catch (error) {
      // A package that is there and can't be imported is not the same as none: its own message says why.
      if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    }
  }
  return undefined;
}
