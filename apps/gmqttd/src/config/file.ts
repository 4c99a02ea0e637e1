/** Reads the YAML file and knows on which line a key stands. */

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, type Node, parse, parseDocument } from "yaml";
import { CommandFailure, ExitCode, explain } from "../failure.ts";

/** A configuration file, parsed but not yet checked. */
export interface ConfigFile {
  /** Absolute path; undefined when the broker is started without a file. */
  readonly path: string | undefined;
  /** Folder that relative paths and plugins start from: that of the file, else the working directory. */
  readonly baseDirectory: string;
  readonly document: unknown;
  /** `gmqttd.yml:12` for a key in it, or for the nearest key above that is in it; undefined where there is none. */
  readonly locate: (path: string) => string | undefined;
}

/** Parses a text as YAML; what variables and flags give is read so. */
export function parseValue(text: string): unknown {
  return parse(text, { prettyErrors: false });
}

/** Reads and parses a file. Throws a `CommandFailure` with file, line and reason. */
export function readConfigFile(file: string | undefined): ConfigFile {
  if (file === undefined) {
    return { path: undefined, baseDirectory: process.cwd(), document: {}, locate: () => undefined };
  }
  const path = resolve(file);
  const lineCounter = new LineCounter();
  // `<<: *name` is no part of YAML 1.2, but gmqtt's parser takes it and people's files use it.
  const document = parseDocument(readText(file), { lineCounter, prettyErrors: false, merge: true });
  if (document.errors.length > 0) {
    const lines = document.errors.map((error) => {
      const { line, col } = lineCounter.linePos(error.pos[0]);
      return `${file}:${line}:${col}: ${error.message}`;
    });
    throw new CommandFailure(ExitCode.BadConfiguration, lines, { cause: document.errors[0] });
  }
  return {
    path,
    baseDirectory: dirname(path),
    document: document.toJS(),
    locate: (key) => {
      const offset = offsetOf(document.contents, key.split("."));
      return offset === undefined ? undefined : `${file}:${lineCounter.linePos(offset).line}`;
    },
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandFailure(ExitCode.BadConfiguration, [`configuration file ${explain(error, file)}`], {
      cause: error,
    });
  }
}

/** Where the deepest key of the path that is in the file begins. */
function offsetOf(contents: Node | null, path: readonly string[]): number | undefined {
  let node: unknown = contents;
  let offset: number | undefined;
  for (const segment of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === segment);
      if (pair === undefined) return offset;
      offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(segment)] as Node | undefined;
      offset = item?.range?.[0] ?? offset;
      node = item;
    } else {
      return offset;
    }
  }
  return offset;
}
