/** The skeletons of the hooks, out of templates/hooks.ts. */

import type { Hooks } from "@gmqtt/broker";

/** What stands in the template where the skeletons belong, with the spaces before it. */
const PLACE = /\{\n( +)\/\/ hooks\n +\}/;

/**
 * Puts the skeletons of the chosen hooks into a template of src/plugin.ts.
 *
 * @throws Error when a template is not as it should be
 */
export function insertSkeletons(template: string, library: string, hooks: readonly (keyof Hooks)[]): string {
  const place = PLACE.exec(template);
  if (place === null) throw new Error("the template has no place for hooks");
  const [whole, indent = ""] = place;
  if (hooks.length === 0) return template.replace(whole, "{}");
  const skeletons = readSkeletons(library);
  const chosen = hooks.map((hook) => {
    const lines = skeletons.get(hook);
    if (lines === undefined) throw new Error(`the template has no hook ${hook}`);
    return lines.map((line) => (line === "" ? "" : `${indent}${line}`)).join("\n");
  });
  return template.replace(whole, `{\n${chosen.join("\n\n")}\n${indent.slice(2)}}`);
}

/** The lines of each hook, its comment included, by its name. */
export function readSkeletons(library: string): ReadonlyMap<string, readonly string[]> {
  const body = library.slice(library.indexOf("{\n", library.indexOf("const hooks")) + 2, library.lastIndexOf("};"));
  const skeletons = new Map<string, readonly string[]>();
  for (const block of body.split("\n\n")) {
    const name = /^ {2}(\w+): /m.exec(block)?.[1];
    if (name === undefined) throw new Error(`no hook in ${JSON.stringify(block)}`);
    const lines = block.trimEnd().split("\n");
    skeletons.set(
      name,
      lines.map((line) => line.slice(2)),
    );
  }
  return skeletons;
}
