/** The statements of the standards, and our own numbers for the rules that have none; read from data/. */

import { readFileSync } from "node:fs";
import type { Version } from "../bytes/packets.ts";

/** The documents that statements come from. */
export type Edition = "5.0" | "3.1.1" | "rules";

/** A normative statement, in our words. */
export interface Statement {
  readonly id: string;
  readonly edition: Edition;
  readonly section: string;
  /** Who is bound. */
  readonly actor: string;
  /** yes: the broker must do or enforce it. partly: it has a reaction to show. no: nothing to see from outside. */
  readonly appliesToServer: "yes" | "partly" | "no";
  readonly requirement: string;
  /** The versions it binds. */
  readonly versions: readonly Version[];
  /** Why there is nothing to see on a broker, where that is so. */
  readonly notObservable: string;
}

const FILES: Readonly<Record<Edition, string>> = {
  "5.0": "mqtt-5.0.tsv",
  "3.1.1": "mqtt-3.1.1.tsv",
  rules: "rules.tsv",
};

const VERSIONS: Readonly<Record<"5.0" | "3.1.1", readonly Version[]>> = { "5.0": [5], "3.1.1": [4] };
const NAMED: Readonly<Record<string, Version>> = { "5.0": 5, "3.1.1": 4, "3.1": 3 };

/** All statements of an edition, in the document's order. */
export function loadStatements(edition: Edition): Statement[] {
  const text = readFileSync(new URL(`../../data/${FILES[edition]}`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [id = "", section = "", actor = "", applies = "", requirement = "", last = ""] = line.split("\t");
      const appliesToServer = applies as Statement["appliesToServer"];
      const versions = edition === "rules" ? versionsOf(last) : VERSIONS[edition];
      const notObservable = edition === "rules" ? "" : last;
      return { id, edition, section, actor, appliesToServer, requirement, versions, notObservable };
    });
}

/** The last column of our own rules. */
function versionsOf(column: string): Version[] {
  const names = column === "all" ? ["5.0", "3.1.1", "3.1"] : column.split(", ");
  return names.map((name) => {
    const version = NAMED[name];
    if (version === undefined) throw new Error(`data/rules.tsv: there is no version ${name}`);
    return version;
  });
}
