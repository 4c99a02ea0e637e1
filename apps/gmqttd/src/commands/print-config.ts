/** `gmqttd print-config`: the configuration in force, complete, secrets hidden, with where each value came from. */

import { printableConfig } from "@gmqtt/broker";
import { Document, isMap, isScalar, isSeq, type Node } from "yaml";
import type { ConfigOptions } from "../config/flags.ts";
import { loadConfig } from "../config/load.ts";
import { ExitCode } from "../failure.ts";

/** Prints YAML that gmqttd would read back; values that are no defaults carry their source as a comment. */
export async function printConfig(options: ConfigOptions): Promise<ExitCode> {
  const { config, sourceOf } = await loadConfig(options);
  const document = new Document(printableConfig(config));
  annotate(document.contents, [], sourceOf);
  process.stdout.write(document.toString({ lineWidth: 0 }));
  return ExitCode.Stopped;
}

function annotate(node: Node | null, path: readonly string[], sourceOf: (path: string) => string): void {
  if (isMap<{ value: string }, Node | null>(node)) {
    for (const { key, value } of node.items) annotate(value, [...path, key.value], sourceOf);
  } else if (isSeq<Node>(node) && node.items.length > 0) {
    for (const [index, item] of node.items.entries()) annotate(item, [...path, String(index)], sourceOf);
  } else if (isScalar(node)) {
    const source = sourceOf(path.join("."));
    if (source !== "default") node.comment = ` ${source}`;
  }
}
