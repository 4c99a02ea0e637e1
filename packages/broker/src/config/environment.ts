/** The configuration in environment variables: `GMQTT_MQTT__MAX_INFLIGHT`, `GMQTT_LISTENERS__0__ADDRESS`, `..._FILE`. */

import { ConfigError } from "../errors.ts";
import { type Assignment, interpret } from "./assignments.ts";
import { type FoundKey, findKey, nearestPath } from "./paths.ts";
import { didYouMean } from "./suggest.ts";

const PREFIX = "GMQTT_";
const FILE_SUFFIX = "_FILE";

/** Variables that Kubernetes sets for a Service whose name begins with gmqtt. */
const serviceLink =
  /^GMQTT(_[A-Z0-9]+)*_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** How the outside is read. */
export interface EnvironmentReader {
  /** Parses a text as YAML. */
  parseValue(text: string): unknown;
  /** Contents of the file that a `..._FILE` variable names. */
  readFile(path: string): string;
  /** True where a plugin or store declares the key, so that `PASSWORD_FILE` is a key of its own and no file to be read. */
  declares?(path: readonly string[]): boolean;
}

/** `["mqtt", "max_inflight"]` as `GMQTT_MQTT__MAX_INFLIGHT`. */
export function environmentName(path: readonly string[]): string {
  return PREFIX + path.map((segment) => segment.toUpperCase().replaceAll("-", "_")).join("__");
}

/** What the variables with our prefix say; unknown ones are errors, since a typo would otherwise do nothing. */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  reader: EnvironmentReader,
  errors: ConfigError[],
): Assignment[] {
  const assignments: Assignment[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || text === undefined) continue;
    const found = findVariable(name, reader);
    if (found === undefined) {
      if (!serviceLink.test(name)) errors.push(unknownVariable(name));
      continue;
    }
    try {
      const value = found.fromFile
        ? fileValue(found.key, reader, text)
        : interpret(found.key.path, found.key.spec, text, reader.parseValue);
      assignments.push({ path: found.key.path, value, source: name });
    } catch (error) {
      errors.push(new ConfigError(name, error instanceof Error ? error.message : String(error), { cause: error }));
    }
  }
  refuseTwice(assignments, errors);
  return assignments.sort((a, b) => comparePaths(a.path, b.path));
}

interface FoundVariable {
  readonly key: FoundKey;
  readonly fromFile: boolean;
}

function findVariable(name: string, reader: EnvironmentReader): FoundVariable | undefined {
  const key = findKey(segmentsOf(name));
  const fileKey = name.endsWith(FILE_SUFFIX) ? findKey(segmentsOf(name.slice(0, -FILE_SUFFIX.length))) : undefined;
  if (fileKey === undefined) return key === undefined ? undefined : { key, fromFile: false };
  const isKeyItself = key !== undefined && (key.spec !== undefined || reader.declares?.(key.path) === true);
  return isKeyItself ? { key, fromFile: false } : { key: fileKey, fromFile: true };
}

function segmentsOf(name: string): string[] {
  return name.slice(PREFIX.length).toLowerCase().split("__");
}

/** Editors and `echo` end files with a newline that is no part of a password; what a file holds is otherwise as it is. */
function fileValue({ path, spec }: FoundKey, reader: EnvironmentReader, file: string): unknown {
  const text = reader.readFile(file).replace(/\r?\n$/, "");
  return spec === undefined ? text : interpret(path, spec, text, reader.parseValue);
}

function unknownVariable(name: string): ConfigError {
  const file = name.endsWith(FILE_SUFFIX);
  const meant = nearestPath(segmentsOf(file ? name.slice(0, -FILE_SUFFIX.length) : name), environmentName);
  const hint = didYouMean(meant && `${meant}${file ? FILE_SUFFIX : ""}`);
  return new ConfigError(name, "unknown variable", { hint });
}

function refuseTwice(assignments: readonly Assignment[], errors: ConfigError[]): void {
  const setBy = new Map<string, string>();
  for (const { path, source } of assignments) {
    const other = setBy.get(path.join("."));
    if (other !== undefined) errors.push(new ConfigError(source, `sets the same key as ${other}`));
    setBy.set(path.join("."), source);
  }
}

/** Wholes before their parts and list places in order, so that 10 follows 9 and nothing is set before what holds it. */
function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const order = a[index]!.localeCompare(b[index]!, "en", { numeric: true });
    if (order !== 0) return order;
  }
  return a.length - b.length;
}
