/** What a test is, and how chapters make them. */

import type { ProfileName } from "../brokers/broker.ts";
import type { Version } from "../bytes/packets.ts";
import type { TestContext } from "./context.ts";

/** One test for one version. */
export interface TestCase {
  readonly chapter: string;
  readonly version: Version;
  /** Sentence and statement ids in brackets. */
  readonly name: string;
  readonly title: string;
  readonly ids: readonly string[];
  /** Which broker it needs. */
  readonly profile: ProfileName;
  /** How long it takes at least; the longest start first. */
  readonly seconds: number;
  readonly run: (context: TestContext) => Promise<void>;
}

/** Statements by version: `3.1.0-1` is MQTT-3.1.0-1 of that version's document, `G20-1` is our GMQTT-20-1. */
export interface Ids {
  readonly v5?: string;
  readonly v4?: string;
  readonly v3?: string;
}

/** Adds a test for every version that has ids. */
export type AddTest = (
  title: string,
  ids: Ids,
  run: (context: TestContext) => Promise<void>,
  options?: { readonly profile?: ProfileName; readonly seconds?: number },
) => void;

/** The tests of a chapter. */
export function chapter(name: string, define: (test: AddTest) => void): TestCase[] {
  const tests: TestCase[] = [];
  define((title, ids, run, { profile = "default", seconds = 0 } = {}) => {
    const versions: [Version, string | undefined][] = [
      [5, ids.v5],
      [4, ids.v4],
      [3, ids.v3],
    ];
    for (const [version, list] of versions) {
      if (list === undefined) continue;
      const full = list.split(" ").map((id) => (id.startsWith("G") ? `GMQTT-${id.slice(1)}` : `MQTT-${id}`));
      const tags = full.map((id) => `[${id}]`).join(" ");
      tests.push({ chapter: name, version, name: `${title} ${tags}`, title, ids: full, profile, seconds, run });
    }
  });
  return tests;
}

/** Name of a protocol level. */
export function versionName(version: Version): string {
  return { 3: "3.1", 4: "3.1.1", 5: "5.0" }[version];
}
