/** Finds declared keys by their path, for the environment and for flags. */

import { configKeys } from "./keys/index.ts";
import type { Keys, OptionSpec } from "./spec.ts";
import { nearest } from "./suggest.ts";

/** A key found by its path. */
export interface FoundKey {
  /** The path in the spelling of the declaration: aliases resolved. */
  readonly path: readonly string[];
  /** Undefined inside a section that the core hands on unread. */
  readonly spec: OptionSpec | undefined;
}

/** The key at a path such as `["listeners", "0", "address"]`; undefined when nothing of the kind is declared. */
export function findKey(segments: readonly string[]): FoundKey | undefined {
  let within: OptionSpec = { kind: "section", doc: "", keys: configKeys };
  const path: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const next = step(within, segment);
    if (next === undefined) return undefined;
    path.push(next.key);
    if (next.spec === undefined) return { path: [...path, ...segments.slice(index + 1)], spec: undefined };
    within = next.spec;
  }
  return path.length === 0 ? undefined : { path, spec: within };
}

interface Step {
  readonly key: string;
  readonly spec: OptionSpec | undefined;
}

function step(within: OptionSpec, segment: string): Step | undefined {
  switch (within.kind) {
    case "section": {
      const found = Object.entries(within.keys).find(
        ([key, spec]) => key === segment || spec.aliases?.includes(segment) === true,
      );
      if (found !== undefined) return { key: found[0], spec: found[1] };
      return within.open === true ? { key: segment, spec: undefined } : undefined;
    }
    case "list":
      return isIndex(segment) ? { key: segment, spec: { kind: "section", doc: "", keys: within.keys } } : undefined;
    case "text-list": {
      const format = within.format === undefined ? {} : { format: within.format };
      return isIndex(segment) ? { key: segment, spec: { kind: "text", doc: "", ...format } } : undefined;
    }
    case "opaque":
      return { key: segment, spec: undefined };
    default:
      return undefined;
  }
}

/** True for "0", "1", "12": a place in a list. */
export function isIndex(segment: string): boolean {
  return /^(0|[1-9]\d{0,4})$/.test(segment);
}

/** A declared key and where it stands. */
interface DeclaredKey {
  /** Keys of lists stand under `listPlace`. */
  readonly path: readonly string[];
  readonly spec: OptionSpec;
}

/** Every declared key that holds a value, in the order of the declaration, with `listPlace` for the index in lists. */
function declaredKeys(listPlace: string, keys: Keys = configKeys, base: readonly string[] = []): DeclaredKey[] {
  return Object.entries(keys).flatMap(([key, spec]) => {
    const path = [...base, key];
    if (spec.kind === "section") return declaredKeys(listPlace, spec.keys, path);
    if (spec.kind === "list") return declaredKeys(listPlace, spec.keys, [...path, listPlace]);
    return [{ path, spec }];
  });
}

/**
 * The declared path that a wrong one was most likely meant to be, in the spelling that `spell` gives it: one spelt alike,
 * else one whose last key is this very word in another section.
 */
export function nearestPath(
  segments: readonly string[],
  spell: (path: readonly string[]) => string,
): string | undefined {
  const place = /(?:^|_)(\d+)(?:_|$)/.exec(segments.join("_"))?.[1] ?? "0";
  const paths = declaredKeys(place).map(({ path }) => path);
  const elsewhere = paths.find((path) => path.at(-1) === segments.at(-1));
  return nearest(spell(segments), paths.map(spell)) ?? (elsewhere && spell(elsewhere));
}
