/** Makes the files of a plugin out of the templates: which ones, under which names, with whose names in them. */

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { Choices } from "./choices.ts";
import { insertSkeletons } from "./skeletons.ts";
import { ranges } from "./version.ts";

const templates = fileURLToPath(new URL("../templates/", import.meta.url));

/** The text of every file of the new package by its path, with `/` between folders. */
export function renderPlugin(choices: Choices, year: number): ReadonlyMap<string, string> {
  const folders = ["common", choices.config ? "with-config" : "without-config"];
  const files = new Map(folders.flatMap((folder) => filesOf(join(templates, folder))));
  change(files, "package.json", (text) => finishManifest(text, choices));
  change(files, "src/plugin.ts", (text) => insertSkeletons(text, readTemplate("hooks.ts"), choices.hooks));
  change(files, "README.md", (text) => {
    const section = choices.config ? readTemplate("parts/configuration.md") : "";
    return text.replace("<!-- configuration -->\n", section).replace(/\n{3,}/g, "\n\n");
  });
  change(files, "LICENSE", (text) => text.replace("(c) 2000", `(c) ${year}`));
  return new Map([...files].map(([path, text]) => [path, putNames(text, choices)]));
}

/** Some files have another name here, since npm or Biome would take them at their word. */
function filesOf(folder: string): [path: string, text: string][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const target = relative(folder, path).split(sep).join("/");
      return [target.replace(/\.template$/, ""), readFileSync(path, "utf8")];
    });
}

function readTemplate(path: string): string {
  return readFileSync(join(templates, path), "utf8");
}

function change(files: Map<string, string>, path: string, make: (text: string) => string): void {
  const text = files.get(path);
  if (text === undefined) throw new Error(`there is no template for ${path}`);
  files.set(path, make(text));
}

interface Manifest {
  dependencies?: Record<string, string>;
  readonly peerDependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
}

/** The broker is a peer: a plugin must not bring its own, or an `MqttError` of one would be a stranger to the other. */
function finishManifest(text: string, { config }: Choices): string {
  const manifest = JSON.parse(text) as Manifest;
  for (const dependencies of [manifest.peerDependencies, manifest.devDependencies]) {
    for (const [name, range] of Object.entries(ranges)) if (name in dependencies) dependencies[name] = range;
  }
  // zod, which only the schema of a section needs
  if (!config) delete manifest.dependencies;
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** The templates are those of a plugin named `example`. */
function putNames(text: string, { name, packageName }: Choices): string {
  return text.replace(/gmqtt-plugin-example|\bExamplePlugin\b|\bexample\b/g, (found) => {
    if (found === "example") return name;
    return found === "ExamplePlugin" ? className(name) : packageName;
  });
}

/** `quiet-hours` is made by `QuietHoursPlugin`. */
function className(name: string): string {
  const words = name.split(/[-_]/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${words.join("").replace(/(?<=.)Plugin$/, "")}Plugin`;
}
