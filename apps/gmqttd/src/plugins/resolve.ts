/** Finds the module of a plugin by the plugin's name, from the folder of the configuration file. */

import { existsSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { nearest } from "@gmqtt/broker";
import { resolve as resolveFrom } from "import-meta-resolve";

/** Our own plugins and their packages. */
const own: ReadonlyMap<string, string> = new Map([
  ["admin", "@gmqtt/admin-grpc"],
  ["auth", "@gmqtt/auth"],
  ["persistence-redis", "@gmqtt/persistence-redis"],
  ["prometheus", "@gmqtt/prometheus"],
]);

/** Packages that a plugin may come from. */
export function candidatePackages(name: string): readonly string[] {
  return [own.get(name) ?? `@gmqtt/${name}`, `gmqtt-plugin-${name}`];
}

/** What to do about a plugin that is missing; the name may be a slip of the finger. */
export function adviceFor(name: string): string {
  const ours = own.get(name);
  const meant = ours === undefined ? nearest(name, own.keys()) : undefined;
  const question = meant === undefined ? "" : `did you mean ${meant}? else `;
  return `${question}install it with: npm install ${ours ?? `gmqtt-plugin-${name}`}`;
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
